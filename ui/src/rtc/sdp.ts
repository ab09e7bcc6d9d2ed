/**
 * The few lines of SDP that a page has to touch. Browsers offer Opus for a mono receiver by default; `stereo=1` in
 * our own description asks for the programme in stereo (RFC 7587 §6.1), `usedtx=0` for no discontinuous transmission.
 */
export function withStereoOpus(sdp: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(sdp)?.[1];
  if (!payload) return sdp;
  const wanted = { stereo: '1', usedtx: '0' };
  const line = new RegExp(`^a=fmtp:${payload} (.*)$`, 'm');
  const found = line.exec(sdp);
  if (!found)
    return sdp.replace(
      new RegExp(`^(a=rtpmap:${payload} [^\\r\\n]*)`, 'm'),
      `$1\r\na=fmtp:${payload} stereo=1;usedtx=0`,
    );
  const parameters = (found[1] ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part && !Object.keys(wanted).includes(part.split('=')[0] ?? ''));
  for (const [name, value] of Object.entries(wanted)) parameters.push(`${name}=${value}`);
  return sdp.replace(line, `a=fmtp:${payload} ${parameters.join(';')}`);
}

const attribute = (sdp: string, name: string) =>
  new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1]?.trim();

/** The sdpfrag of an ICE restart (RFC 9725 §4.4.2, RFC 8840 §9): new credentials under the first m-line. */
export function restartFragment(offer: string): string {
  const lines = [
    `a=ice-ufrag:${attribute(offer, 'ice-ufrag') ?? ''}`,
    `a=ice-pwd:${attribute(offer, 'ice-pwd') ?? ''}`,
    /^m=.*$/m.exec(offer)?.[0].trim() ?? 'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    `a=mid:${attribute(offer, 'mid') ?? '0'}`,
  ];
  return lines.join('\r\n') + '\r\n';
}

/** The answer that follows from the last one and from the server's fragment: new credentials and candidates. */
export function answerAfterRestart(answer: string, fragment: string): string {
  const ufrag = attribute(fragment, 'ice-ufrag');
  const pwd = attribute(fragment, 'ice-pwd');
  if (!ufrag || !pwd) throw new Error('the fragment has no ICE credentials');
  const candidates = fragment.match(/^a=candidate:.*$/gm)?.map((line) => line.trim()) ?? [];
  let next = answer
    .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}`)
    .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${pwd}`);
  if (candidates.length > 0) {
    next = next.replace(/^a=candidate:.*\r?\n/gm, '').replace(/^a=end-of-candidates\r?\n/gm, '');
    next = next.replace(/^(a=ice-pwd:[^\r\n]*)/m, `$1\r\n${candidates.join('\r\n')}`);
  }
  return next;
}
