/** Levels and volumes in words. A volume v (0–100) is the linear gain v/100, so 30 is −10.5 dB. */
export function volumeToDb(volume: number): number {
  return volume <= 0 ? -Infinity : 20 * Math.log10(volume / 100);
}

export function formatDb(db: number, digits = 1): string {
  if (!Number.isFinite(db)) return '−∞ dB';
  const text = Math.abs(db).toFixed(digits);
  return `${db < 0 && Number(text) !== 0 ? '−' : ''}${text} dB`;
}

export const kMeterFloorDb = -60;

/**
 * dBFS → 0…1 of a meter's length, after the IEC 60268-18 idea: the top 20 dB, where decisions are made, take
 * just over half of it.
 */
export function meterFraction(db: number): number {
  if (!(db > kMeterFloorDb)) return 0;
  if (db >= 0) return 1;
  if (db >= -20) return 1 - (-db / 20) * 0.55;
  return 0.45 * ((db - kMeterFloorDb) / (-20 - kMeterFloorDb));
}
