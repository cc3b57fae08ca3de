export { type Bus, type Outcome, createBus } from './bus.ts'
export type { Exchanged, Line, Notice, Target } from './line.ts'
export { type SerialSettings, openSerialLine } from './port-serial.ts'
export { type TcpSettings, openTcpLine } from './port-tcp.ts'
