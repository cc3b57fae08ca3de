import 'reflect-metadata'

/**
 * The X.509 library: EC keys and revocation lists, which node-forge does not know. Loaded when it is needed only: a gateway without
 * revocation lists and enrolment has its memory for connections (docs/decisions/0017).
 */
export const x509Library = () => import('@peculiar/x509')
export type X509Library = Awaited<ReturnType<typeof x509Library>>
