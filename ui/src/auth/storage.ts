import type { KeyValue } from './tokens';

/** A browser's storage, or memory where it is full or forbidden (private windows): then a page only forgets. */
class CarefulStorage implements KeyValue {
  private readonly memory = new Map<string, string>();

  constructor(private readonly storage: () => KeyValue) {}

  getItem(key: string): string | null {
    try {
      return this.storage().getItem(key) ?? this.memory.get(key) ?? null;
    } catch {
      return this.memory.get(key) ?? null;
    }
  }

  setItem(key: string, value: string): void {
    try {
      this.storage().setItem(key, value);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, value);
    }
  }

  removeItem(key: string): void {
    this.memory.delete(key);
    try {
      this.storage().removeItem(key);
    } catch {
      return;
    }
  }
}

/** What this browser keeps. */
export const browserStorage: KeyValue = new CarefulStorage(() => localStorage);
/** What this tab keeps until it is closed. */
export const tabStorage: KeyValue = new CarefulStorage(() => sessionStorage);
