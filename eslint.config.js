import tseslint from 'typescript-eslint'

const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
  {
    selector: 'ObjectExpression > SpreadElement > ObjectExpression',
    message: 'no literal within a literal: it switches off the check for excess properties',
  },
]
const parsedIsCast = {
  selector: "TSAsExpression[expression.callee.object.name='JSON'][expression.callee.property.name='parse']",
  message: 'what comes from a disk, a socket or a thread is parsed by a schema, not cast',
}

export default tseslint.config(
  { ignores: ['node_modules', '.tap', '.demo', 'dist', 'eslint.config.js', 'scripts/link-bin.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './tsconfig.pages.json'] } },
    rules: {
      'no-restricted-syntax': ['error', ...everywhere],
      // A new member must break the build where it matters: a `default` would hide it.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, allowDefaultCaseForExhaustiveSwitch: false },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `void` hides a promise that can reject: handle both ends, or hand it to `background` (platform/background.ts).
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      'max-lines': ['error', 400],
      // Fields of a literal have a line each.
      'max-lines-per-function': ['error', { max: 90, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['src/**'],
    // The command line reads what the API of the same version has sent, by the types of the contract.
    ignores: ['src/admin/cli/**', 'src/admin/console/pages/**'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, parsedIsCast] },
  },
  { files: ['hil/**'], rules: { '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }] } },
  { files: ['test/**', 'scripts/**'], rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-floating-promises': 'off' } },
)
