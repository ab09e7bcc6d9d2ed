/** "about 7 s behind the studio" */
export function delayText(delayS: number): string {
  return `about ${Math.max(1, Math.round(delayS))} s behind the studio`;
}
