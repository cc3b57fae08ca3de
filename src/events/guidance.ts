/** Techniques of MITRE ATT&CK for ICS that an event here can be a trace of, by their published numbers and names. */
export const techniques = {
  T0804: 'Block Reporting Message',
  T0812: 'Default Credentials',
  T0814: 'Denial of Service',
  T0822: 'External Remote Services',
  T0830: 'Adversary-in-the-Middle',
  T0831: 'Manipulation of Control',
  T0836: 'Modify Parameter',
  T0842: 'Network Sniffing',
  T0846: 'Remote System Discovery',
  T0848: 'Rogue Master',
  T0855: 'Unauthorized Command Message',
  T0856: 'Spoof Reporting Message',
  T0859: 'Valid Accounts',
  T0872: 'Indicator Removal on Host',
  T0874: 'Hooking',
  T0881: 'Service Stop',
  T0888: 'Remote System Information Discovery',
  T0892: 'Change Credential',
} as const

export type Technique = keyof typeof techniques

/** For the person who reads an event. */
export type Guide = { readonly meaning: string; readonly action: string; readonly technique: Technique | 'none' }

export const g = (meaning: string, action: string, technique: Technique | 'none' = 'none'): Guide => ({ meaning, action, technique })
