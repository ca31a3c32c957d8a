// What of the held credentials answers a DCQL query, by npm `dcql`.
import { DcqlQuery } from 'dcql';

/** `{ id, held, paths, bare }` for each presentation to make: the claims to disclose, and whether without holder binding. */
export function select(asked, credentials) {
  const query = DcqlQuery.parse(asked);
  DcqlQuery.validate(query);
  const result = DcqlQuery.query(
    query,
    credentials.map(({ described }) => described),
  );
  if (!result.can_be_satisfied) throw new Error('nothing here satisfies the query');
  const chosen = result.credential_sets
    ? new Set(result.credential_sets.flatMap(({ matching_options }) => matching_options?.[0] ?? []))
    : new Set(query.credentials.map(({ id }) => id));
  return query.credentials
    .filter(({ id }) => chosen.has(id))
    .flatMap((credentialQuery) => matches(credentialQuery, result, credentials));
}

function matches({ id, multiple, claims = [], claim_sets, require_cryptographic_holder_binding: binding }, result, credentials) {
  const valid = result.credential_matches[id].valid_credentials;
  return (multiple ? valid : valid.slice(0, 1)).map((match) => {
    const set = claim_sets?.[match.claims.valid_claim_sets[0].claim_set_index];
    const shown = set ? claims.filter((claim) => set.includes(claim.id)) : claims;
    return { id, held: credentials[match.input_credential_index], paths: shown.map(({ path }) => path), bare: !binding };
  });
}
