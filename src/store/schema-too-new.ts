/** A newer release has changed the schema: it may contain what this release would damage. */
export class SchemaTooNew extends Error {}
