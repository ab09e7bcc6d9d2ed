import { kPreviewId, type LevelBus } from '../live/levels';

const kPeriodMs = 1000 / 15;

/** Measures a local stream for the preview meter; never heard, never sent. Returns how to stop. */
export function probeLevel(stream: MediaStream, bus: LevelBus): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // A context that was made without a tap stays suspended until the page may make sound.
    if (context.state === 'suspended') void context.resume();
    analyser.getFloatTimeDomainData(samples);
    bus.publishOne({ id: kPreviewId, ...measure(samples) });
  }, kPeriodMs);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
    bus.silence(kPreviewId);
  };
}

export function measure(samples: Float32Array): { peakDb: number; rmsDb: number; clip: boolean } {
  let peak = 0;
  let sum = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
    sum += sample * sample;
  }
  const rms = samples.length > 0 ? Math.sqrt(sum / samples.length) : 0;
  return { peakDb: 20 * Math.log10(peak), rmsDb: 20 * Math.log10(rms), clip: peak >= 0.999 };
}
