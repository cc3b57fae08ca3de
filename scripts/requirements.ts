/**
 * Every requirement that docs/requirements.md has a row for: those of the cybersecurity guide DOCA0122EN that concern a gateway, and the rows
 * of IEC 62443-4-2 that count from SL 1 or SL 2 for a network device. A row of the standard stands for its enhancements up to SL 2 too.
 */
export const demanded: readonly string[] = [
  ...Array.from({ length: 46 }, (_, i) => `S-${String(i + 1).padStart(2, '0')}`),
  ...['CR 1.1', 'CR 1.2', 'CR 1.3', 'CR 1.4', 'CR 1.5', 'NDR 1.6', 'CR 1.7', 'CR 1.8', 'CR 1.9', 'CR 1.10', 'CR 1.11', 'CR 1.12'],
  ...['NDR 1.13', 'CR 1.14', 'CR 2.1', 'CR 2.2', 'NDR 2.4', 'CR 2.5', 'CR 2.6', 'CR 2.8', 'CR 2.9', 'CR 2.10', 'CR 2.11', 'CR 2.12'],
  ...['NDR 2.13', 'CR 3.1', 'NDR 3.2', 'CR 3.3', 'CR 3.4', 'CR 3.5', 'CR 3.6', 'CR 3.7', 'CR 3.8', 'CR 3.9', 'NDR 3.10', 'NDR 3.11'],
  ...['NDR 3.12', 'NDR 3.13', 'NDR 3.14', 'CR 4.1', 'CR 4.2', 'CR 4.3', 'CR 5.1', 'NDR 5.2', 'NDR 5.3', 'CR 6.1', 'CR 6.2', 'CR 7.1'],
  ...['CR 7.2', 'CR 7.3', 'CR 7.4', 'CR 7.6', 'CR 7.7', 'CR 7.8'],
]

const noRadio = 'The product has no radio. A site that adds one to the machine is outside what a test of the product can show.'
const noUpdates = 'There are no updates yet: a new version is installed by hand, and nothing verifies it.'
const ofTheMachine = 'Of the machine and its operating system; the product brings no image of its own.'

/** Why no test shows a requirement. One that has a test has no reason here, and the other way. */
export const withoutTest: Readonly<Record<string, string>> = {
  'S-08': noUpdates,
  'S-11': 'A table of the functions of IFE, EIFE and IFE server is not there yet.',
  'S-25': 'Training and reminders are for people: the checklist asks for them, and nothing can be tested but that it does.',
  'S-32':
    'The position of a locking pad or a software padlock stands in no register that a public document names: the checklist asks for it.',
  'S-35': 'The zones of a site are built outside the gateway. Listeners have no zone yet that could be checked.',
  'S-41': 'Radio devices behind a Panel Server are read like any unit; there is no inventory yet that could tell of a change.',
  'S-42': noUpdates,
  'S-43': 'There are no updates yet that could be tried off production.',
  'S-45': 'SECURITY.md says how to report. There is no release yet that could carry a list of its parts.',
  'NDR 1.6': noRadio,
  'CR 2.2': noRadio,
  'NDR 3.2': ofTheMachine,
  'CR 3.7': 'Errors are tested where they arise; no one test shows that none of them helps an attacker.',
  'NDR 3.10': noUpdates,
  'NDR 3.11': ofTheMachine,
  'NDR 3.12': 'No root of trust of a supplier is delivered yet, since there are no signed releases.',
  'NDR 3.13': 'Keys of the owner come as systemd credentials, which a TPM may seal; no test has a TPM.',
  'NDR 3.14': ofTheMachine,
  'CR 4.2': 'There is no factory reset yet.',
  'CR 5.1': 'Listeners and buses are bound to addresses of their own; that nothing is forwarded between interfaces is of the machine.',
  'CR 7.3': 'There is no backup yet.',
  'CR 7.7': 'Nothing is on unless it is configured; no test scans the ports of a whole machine.',
  'CR 7.8': 'Models and firmware are read and shown; there is no list of the parts of the product yet.',
}
