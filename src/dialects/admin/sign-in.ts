/** POST /admin/v1/session: a session for a password. */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { checkSameSite } from '../../api/open-posts.ts'
import type { SignInForm } from '../../api/sign-in-call.ts'
import { KmsError } from '../../domain/errors.ts'
import { type StartedSession, startSession } from '../../engine/access/sessions.ts'
import { parseJsonObject } from '../../wire/strict-json.ts'
import { wireAnswer } from './errors.ts'
import { text } from './fields.ts'
import { sessionBody, sessionHeaders } from './session.ts'

export const signInPath = '/admin/v1/session'

export const signInFields = Type.Object({
  user_name: text(255, 'name of the user'),
  password: text(1024, 'password of the user'),
  project: Type.Optional(
    text(
      255,
      'name or ID of the project; the default is the first project, or the only one with a user of that name',
    ),
  ),
})
const validator = Compile(signInFields)
type Fields = Static<typeof signInFields> & { readonly agent: string }

export const sessionSignIn: SignInForm<Fields, { readonly agent: string }, StartedSession> = {
  command: startSession,
  read(body, { headers }) {
    checkSameSite(headers)
    return { ...readFields(body), agent: headers.get('user-agent') ?? '' }
  },
  async enter({ user_name: userName, password, project, agent }, source, { signIn }) {
    const stated = { domains: [], projects: project === undefined ? [] : [project] }
    const caller = await signIn.withPassword({
      userName,
      password: new TextEncoder().encode(password),
      stated,
      source,
    })
    return { caller, input: { agent } }
  },
  write: (result) => ({ body: sessionBody(result), headers: sessionHeaders(result) }),
  refusal: wireAnswer,
}

function readFields(body: Uint8Array): Static<typeof signInFields> {
  const fields = parseJsonObject(body)
  if (validator.Check(fields)) return fields as Static<typeof signInFields>
  throw new KmsError(
    'parameter-invalid',
    'a sign-in must have user_name, password and, if needed, project',
  )
}
