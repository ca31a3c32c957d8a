// What credo-ts leaves to its platform packages, whose native parts do not install everywhere: records and files, kept in memory.
import { InjectionSymbols, JsonTransformer, RecordDuplicateError, RecordNotFoundError } from '@credo-ts/core';

class MemoryStorage {
  supportsCursorPagination = false;
  #records = new Map();

  #key = (recordClass, id) => `${recordClass.type}/${id}`;

  async save(context, record) {
    if (this.#records.has(this.#key(record, record.id)))
      throw new RecordDuplicateError(`${record.id} is there`, { recordType: record.type });
    return this.update(context, record);
  }

  async update(_, record) {
    record.updatedAt = new Date();
    this.#records.set(this.#key(record, record.id), {
      id: record.id,
      type: record.type,
      text: JsonTransformer.serialize(record),
      tags: record.getTags(),
    });
  }

  delete = (context, record) => this.deleteById(context, record.constructor, record.id);

  async deleteById(_, recordClass, id) {
    if (!this.#records.delete(this.#key(recordClass, id)))
      throw new RecordNotFoundError(`no ${id}`, { recordType: recordClass.type });
  }

  async getById(_, recordClass, id) {
    const stored = this.#records.get(this.#key(recordClass, id));
    if (!stored) throw new RecordNotFoundError(`no ${id}`, { recordType: recordClass.type });
    return read(stored, recordClass);
  }

  getAll = (context, recordClass) => this.findByQuery(context, recordClass, {});

  async findByQuery(_, recordClass, query, { offset = 0, limit } = {}) {
    const found = [...this.#records.values()].filter(({ type, tags }) => type === recordClass.type && matches(tags, query));
    return found.slice(offset, limit && offset + limit).map((stored) => read(stored, recordClass));
  }
}

function read({ id, text, tags }, recordClass) {
  const record = JsonTransformer.deserialize(text, recordClass);
  record.id = id;
  record.replaceTags(tags);
  return record;
}

function matches(tags, { $and = [], $or, $not, ...simple }) {
  const has = ([name, value]) =>
    Array.isArray(value) ? value.every((one) => tags[name]?.includes(one)) : value === undefined || tags[name] === value;
  const some = !$or || $or.some((query) => matches(tags, query));
  return (
    Object.entries(simple).every(has) && $and.every((query) => matches(tags, query)) && some && !($not && matches(tags, $not))
  );
}

export class StorageModule {
  register(dependencies) {
    dependencies.registerInstance(InjectionSymbols.StorageService, new MemoryStorage());
  }
}

/** The agent writes no file here. */
export class NoFiles {
  dataPath = '';
  cachePath = '';
  tempPath = '';
}
