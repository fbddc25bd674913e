// The version that `GET /health` tells and Looker sees as the user agent; a test holds it to package.json.
export const version = '0.1.0'
