#include "tape/checkpoint.hpp"

#include <fmt/format.h>

#include <bit>
#include <span>
#include <utility>

namespace shelcaster::tape {
namespace {

using detail::load;
using detail::store;
using detail::Word;

constexpr Word kMagic = 0x5348'454c'4348'4b50;  // "SHELCHKP"
constexpr std::size_t kMagicAt = 0;
/// The size of the state doubles as the layout's version: processes of two builds don't mix.
constexpr std::size_t kStateBytesAt = 1;
constexpr std::size_t kStartsAt = 2;
constexpr std::size_t kSlotsAt = 8;

constexpr std::size_t kStateWords = sizeof(MixCheckpoint) / sizeof(Word);
using StateWords = std::array<Word, kStateWords>;
// A slot is: sequence when the writing began, the state, sequence when it was done. State n (from
// 1) goes to slot n % 2.
constexpr std::size_t kSlotWords = kStateWords + 2;
constexpr std::size_t kBytes = 4096;
static_assert((kSlotsAt + 2 * kSlotWords) * sizeof(Word) <= kBytes);

constexpr int kReadAttempts = 16;

std::span<Word> slot_of(std::span<Word> words, Word sequence) {
  return words.subspan(kSlotsAt + sequence % 2 * kSlotWords, kSlotWords);
}

Word end_of(std::span<Word> slot) { return load(slot[kSlotWords - 1]); }

}  // namespace

base::Result<Checkpoint> Checkpoint::create() {
  auto memory = detail::SharedMemory::create("shelcaster-checkpoint", kBytes);
  if (!memory) return base::fail("checkpoint: " + memory.error().message);
  store(memory->words()[kStateBytesAt], sizeof(MixCheckpoint));
  store(memory->words()[kMagicAt], kMagic);
  return Checkpoint(std::move(*memory));
}

base::Result<Checkpoint> Checkpoint::attach(int fd) {
  auto memory = detail::SharedMemory::attach(fd, kBytes, kBytes);
  if (!memory) return base::fail("checkpoint: " + memory.error().message);
  if (load(memory->words()[kMagicAt]) != kMagic ||
      load(memory->words()[kStateBytesAt]) != sizeof(MixCheckpoint)) {
    return base::fail(
        fmt::format("checkpoint: descriptor {} is not a checkpoint of this build", fd));
  }
  return Checkpoint(std::move(*memory));
}

void Checkpoint::write(const MixCheckpoint& state) noexcept {
  const std::span<Word> words = memory_.words();
  const Word next = std::max(end_of(slot_of(words, 0)), end_of(slot_of(words, 1))) + 1;
  const std::span<Word> slot = slot_of(words, next);
  const auto state_words = std::bit_cast<StateWords>(state);
  store(slot[0], next);
  for (std::size_t i = 0; i < kStateWords; ++i) store(slot[1 + i], state_words[i]);
  store(slot[kSlotWords - 1], next);
}

std::optional<MixCheckpoint> Checkpoint::read() const noexcept {
  const std::span<Word> words = memory_.words();
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const Word newest = std::max(end_of(slot_of(words, 0)), end_of(slot_of(words, 1)));
    if (newest == 0) return std::nullopt;
    const std::span<Word> slot = slot_of(words, newest);
    StateWords state_words{};
    if (end_of(slot) != newest) continue;
    for (std::size_t i = 0; i < kStateWords; ++i) state_words[i] = load(slot[1 + i]);
    if (load(slot[0]) == newest) return std::bit_cast<MixCheckpoint>(state_words);
  }
  return std::nullopt;
}

std::uint32_t Checkpoint::starts() const noexcept {
  return static_cast<std::uint32_t>(load(memory_.words()[kStartsAt]));
}

void Checkpoint::note_start() noexcept { store(memory_.words()[kStartsAt], Word{starts()} + 1); }

void Checkpoint::clear_starts() noexcept { store(memory_.words()[kStartsAt], 0); }

}  // namespace shelcaster::tape
