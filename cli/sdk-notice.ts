// The AWS SDK's notice about old versions of Node, which would stand before all that an operator's command prints.
// Developers find it in docs/dependencies.md.

/** To be called before the first client is made. Where the variable is set to `false`, the notice comes. */
export const withoutSdkNotice = (): void => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
}
