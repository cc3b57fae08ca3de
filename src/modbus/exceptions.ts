/** Exception codes that this gateway says itself (Application Protocol V1.1b3, 7). Others come from devices and are passed on. */
export const exceptionCode = {
  illegalFunction: 0x01,
  illegalDataAddress: 0x02,
  illegalDataValue: 0x03,
  busy: 0x06,
  gatewayPathUnavailable: 0x0a,
  targetFailedToRespond: 0x0b,
} as const
export type ExceptionCode = (typeof exceptionCode)[keyof typeof exceptionCode]

/** The two bytes of an exception reply: function code with the top bit, then the code (V1.1b3, 7). */
export const encodeException = (functionCode: number, code: number): Uint8Array => Uint8Array.of((functionCode & 0x7f) | 0x80, code)
