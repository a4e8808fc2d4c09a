/** People and their access keys. */
export const peopleTexts = {
  people: {
    accessKeys: 'Your access keys',
    accessKeysLead:
      'Clients and the command line sign their calls with an access key (AK) and its secret (SK).',
    age: 'Age',
    createKey: 'Create access key',
    createLead:
      'An access key keeps working after this session ends, until it is disabled or deleted. Confirm that it is you.',
    deleteInstead: 'To stop it for a while, disable it: that can be undone at once.',
    deleteKey: 'Delete',
    deleteLead: 'Every client that uses it is refused immediately. This cannot be undone.',
    deleteTitle: 'Delete access key {id}?',
    downloadSecret: 'Download as a file',
    endpointOfBrowser:
      'The address that this browser uses. To show another one, start the server with --public-url.',
    id: 'User ID',
    keepKey: 'Keep access key',
    keyDeleted: 'Access key {id} is deleted.',
    keyDisabled: 'Access key {id} is disabled.',
    keyEnabled: 'Access key {id} is enabled.',
    name: 'Name',
    noAccessKeys: 'You have no access key. Clients need one.',
    people: 'People of this project',
    role: 'Administrators and auditors may see who has access.',
    leaveTitle: 'Leave before the secret key is saved?',
    leaveLead:
      'It is shown only once. Without it nobody can use this access key: you would have to delete it and create another.',
    leaveAnyway: 'Leave without it',
    saveFirst: 'Save it first.',
    saved: 'I saved it',
    secretLead: 'The secret is shown only once and cannot be shown again.',
    secretTitle: 'Your new access key',
    typeName: 'Type {id} to continue',
    typePassword: 'Type your password.',
    you: 'you',
  },
} as const
