/** Getting in. */
export const signInTexts = {
  signIn: {
    title: 'Sign in',
    again: 'Sign in again',
    changeLead: 'All your other sessions end when the password is changed.',
    changed: 'The password has been changed. All your other sessions have ended.',
    currentPassword: 'Current password',
    endAccessKeys: 'Also delete all my access keys: clients that use them will be refused',
    differ: 'The two passwords differ.',
    enter: 'Sign in',
    firstLead: 'The first password was written to a file. Replace it with one that only you know.',
    firstTitle: 'Choose your password',
    incomplete: 'Type your user name and your password.',
    leave: 'Sign out',
    newPassword: 'New password',
    newPasswordAgain: 'Repeat the new password',
    otherProject: 'Another project',
    password: 'Password',
    passwordHint: 'At least {n} bytes. A few random words are easier to remember than symbols.',
    project: 'Project',
    projectHint:
      'Name or ID. If empty: the first project, or the only one with a user of this name.',
    setPassword: 'Set password',
    strength: {
      tooShort: 'Too short.',
      weak: 'Weak: it repeats a few characters.',
      fair: 'Fair.',
      strong: 'Strong.',
    },
    userName: 'User name',
  },
} as const
