/** A text that is equal for equal values, Maps and Sets included; their order says nothing. What is no data throws: it could not be compared. */
export function canonical(value: unknown): string {
  if (value instanceof Map) return `Map{${sorted([...value].map(([key, one]) => `${canonical(key)}:${canonical(one)}`))}}`
  if (value instanceof Set) return `Set{${sorted([...value].map(canonical))}}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return value === null ? 'null' : ofRecord(value)
    case 'function':
    case 'symbol':
      throw new Error(`a ${typeof value} is no data: it cannot be compared`)
  }
}

/** A key that is left out is equal to one that is undefined. */
function ofRecord(record: object): string {
  if (![Object.prototype, null].includes(Object.getPrototypeOf(record) as object | null))
    throw new Error(`a ${record.constructor.name} is no plain record: it cannot be compared`)
  const entries = Object.entries(record).filter(([, one]) => one !== undefined)
  return `{${sorted(entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`))}}`
}

const sorted = (texts: readonly string[]): string => [...texts].sort().join(',')
