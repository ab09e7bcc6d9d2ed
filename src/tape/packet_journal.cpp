#include "tape/packet_journal.hpp"

#include <cstring>

namespace shelcaster::tape {
namespace {

using detail::load;
using detail::store;
using detail::Word;

// Positions count words for ever; the place is the position modulo the ring's size. From tail to
// head there are whole entries. An entry is two words and the payload:
//   payload bytes (16), sequence (16), line (32) | timestamp (32), ssrc (32)
// It never lies across the end of the ring: what is left there is filled by an entry of kSkip.
constexpr std::size_t kTailAt = 0;
constexpr std::size_t kHeadAt = 1;
constexpr std::size_t kRingAt = 2;
constexpr std::size_t kRingWords = PacketJournal::kBytes / sizeof(Word);
constexpr std::size_t kEntryWords = 2;
constexpr Word kSkip = 0xffff;

constexpr std::size_t words_of(std::size_t payload_bytes) {
  return kEntryWords + (payload_bytes + sizeof(Word) - 1) / sizeof(Word);
}

/// Of the entry at this position; 0 if there is none that can be.
std::size_t entry_words(std::span<const Word> ring, Word position) {
  const std::size_t place = position % kRingWords;
  const Word bytes = load(ring[place]) & 0xffffU;
  if (bytes == kSkip) return kRingWords - place;
  if (bytes > PacketJournal::kPayloadBytesMax) return 0;
  const std::size_t words = words_of(bytes);
  return place + words <= kRingWords ? words : 0;
}

}  // namespace

void PacketJournal::note(const JournalPacket& packet) noexcept {
  if (packet.payload.size() > kPayloadBytesMax) return;
  const std::span<Word> ring = words_.subspan(kRingAt);
  const std::size_t words = words_of(packet.payload.size());
  Word head = load(words_[kHeadAt]);
  const std::size_t left = kRingWords - head % kRingWords;
  const std::size_t skipped = left < words ? left : 0;
  // First nobody counts on what is overwritten, then it is overwritten, then it counts.
  Word tail = load(words_[kTailAt]);
  if (head - tail > kRingWords) tail = head;  // damaged: nothing of it is to be walked through
  while (head + skipped + words - tail > kRingWords) {
    const std::size_t oldest = entry_words(ring, tail);
    tail = oldest == 0 ? head : tail + oldest;
    if (oldest == 0) break;
  }
  store(words_[kTailAt], tail);
  if (skipped > 0) {
    store(ring[head % kRingWords], kSkip);
    head += skipped;
  }
  const std::size_t place = head % kRingWords;
  store(ring[place],
        Word{packet.payload.size()} | Word{packet.sequence} << 16U | Word{packet.line} << 32U);
  store(ring[place + 1], Word{packet.timestamp} | Word{packet.ssrc} << 32U);
  if (!packet.payload.empty()) {
    std::memcpy(&ring[place + kEntryWords], packet.payload.data(), packet.payload.size());
  }
  store(words_[kHeadAt], head + words);
}

std::vector<JournalPacket> PacketJournal::packets() const {
  std::vector<JournalPacket> found;
  const std::span<const Word> ring = words_.subspan(kRingAt);
  const Word head = load(words_[kHeadAt]);
  Word at = load(words_[kTailAt]);
  // Anything else is damaged.
  if (head < at || head - at > kRingWords) return found;
  while (at < head) {
    const std::size_t words = entry_words(ring, at);
    if (words == 0 || words > head - at) break;
    const std::size_t place = at % kRingWords;
    const Word first = load(ring[place]);
    at += words;
    if ((first & 0xffffU) == kSkip) continue;
    const Word second = load(ring[place + 1]);
    const base::ByteSpan payload = std::as_bytes(ring.subspan(place + kEntryWords));
    found.push_back({.line = static_cast<std::uint32_t>(first >> 32U),
                     .ssrc = static_cast<std::uint32_t>(second >> 32U),
                     .timestamp = static_cast<std::uint32_t>(second),
                     .sequence = static_cast<std::uint16_t>(first >> 16U),
                     .payload = payload.first(first & 0xffffU)});
  }
  return found;
}

}  // namespace shelcaster::tape
