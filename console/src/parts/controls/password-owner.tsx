/** Whose password a form asks for: not shown, but password managers want to know. */
export function PasswordOwner({ userName }: { readonly userName: string }) {
  return (
    <input type="text" name="user_name" autoComplete="username" value={userName} readOnly hidden />
  )
}
