/** The line that Pitwall reads best, for the sample nginx. It lies here because only the demo may look into the collector. */
export { NGINX_LOG_FORMATS } from "../../collector/wire/generators/nginx-presets.ts";
