// The light build (no DRM, no subtitles) has the API of the full one but no types of its own.
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
