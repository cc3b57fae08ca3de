declare const unitId: unique symbol
/** A device on a line, 1–247 (Serial Line V1.02, 2.2). 0 is broadcast, 248–255 are reserved: neither is a UnitId. */
export type UnitId = number & { readonly [unitId]: true }
export const toUnitId = (n: number): UnitId | undefined => (Number.isInteger(n) && n >= 1 && n <= 247 ? (n as UnitId) : undefined)

declare const lineAddress: unique symbol
/** What a bus addresses: 1–247 on a serial line; an Ethernet interface also answers to 255 (Messaging on TCP/IP V1.0b, 4.4). */
export type LineAddress = number & { readonly [lineAddress]: true }
export const toLineAddress = (n: number): LineAddress | undefined =>
  Number.isInteger(n) && ((n >= 1 && n <= 247) || n === 255) ? (n as LineAddress) : undefined

declare const address: unique symbol
/** A PDU address, 0–65535. Documents count registers from 1: register 8000 is address 7999. */
export type Address = number & { readonly [address]: true }
export const toAddress = (n: number): Address | undefined => (Number.isInteger(n) && n >= 0 && n <= 0xffff ? (n as Address) : undefined)

declare const register: unique symbol
/** A register number as the documents print it, 1–65536: the PDU's address plus one (DOCA0091EN, table format). */
export type RegisterNumber = number & { readonly [register]: true }
export const toRegisterNumber = (n: number): RegisterNumber | undefined =>
  Number.isInteger(n) && n >= 1 && n <= 0x10000 ? (n as RegisterNumber) : undefined

/** The one place where the two ways of counting meet. */
export const registerOf = (at: Address): RegisterNumber => (at + 1) as RegisterNumber
export const addressOf = (number: RegisterNumber): Address => (number - 1) as Address
