import { kPreviewId, type LevelBus } from '../live/levels';

const kPeriodMs = 1000 / 15;

export interface LevelProbe {
  context: AudioContext;
  stop: () => void;
}

/** Measures a local stream for the preview meter; never heard, never sent. */
export function probeLevel(stream: MediaStream, bus: LevelBus): LevelProbe {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // A context that was made without a tap stays suspended until the page may make sound; iOS interrupts one for a call.
    if (context.state !== 'running') context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    bus.publishOne({ id: kPreviewId, ...measure(samples) });
  }, kPeriodMs);
  const stop = () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
    bus.silence(kPreviewId);
  };
  return { context, stop };
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
