export { type Sink, type SinkSettings, startSink } from './outbox.ts'
export { formatRfc5424 } from './format.ts'
