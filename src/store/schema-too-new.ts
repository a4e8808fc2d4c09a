/**
 * Another release, newer than this one, has changed the schema: it may hold what this release would
 * damage.
 */
export class SchemaTooNew extends Error {}
