// What the foreign verifier makes of a response: who signed, for whom, and whether the query is answered, by npm `dcql`.
import { DcqlPresentationResult, DcqlQuery } from 'dcql';
import { formats } from '../formats.mjs';

/** The claims by credential query, when every presentation is good and together they answer the query. */
export async function judge(verifier, { request, presentations, audience }) {
  const query = DcqlQuery.parse(request.dcql_query);
  const known = {};
  for (const [id, list] of Object.entries(presentations)) {
    const asked = query.credentials.find((credential) => credential.id === id);
    if (!asked) throw new Error(`nobody asked for ${id}`);
    known[id] = [];
    for (const presentation of list) known[id].push(await checked(asked, presentation, { nonce: request.nonce, audience }));
  }
  const described = Object.fromEntries(Object.entries(known).map(([id, list]) => [id, list.map((one) => one.described)]));
  if (!DcqlPresentationResult.fromDcqlPresentation(described, { dcqlQuery: query }).can_be_satisfied)
    throw new Error('the query is not answered');
  if (request.transaction_data) {
    const credentials = Object.fromEntries(Object.entries(known).map(([id, list]) => [id, list.map(({ bound }) => bound)]));
    await verifier.verifyTransactionData({ transactionData: request.transaction_data, credentials });
  }
  return Object.fromEntries(Object.entries(known).map(([id, list]) => [id, list.map(({ claims }) => claims)]));
}

async function checked({ format, require_cryptographic_holder_binding: binding }, presentation, { nonce, audience }) {
  if (!binding) return formats[format].read(presentation);
  return formats[format].check({ presentation, nonce, audience });
}
