#include "tape/checkpoint.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "tape/detail/record_slots.hpp"

namespace shelcaster::tape {
namespace {

using detail::load;
using detail::RecordSlots;
using detail::store;
using detail::Word;

constexpr Word kMagic = 0x5348'454c'4348'4b50;  // "SHELCHKP"
/// Of the places below. What is in the records is of one build only, which says so itself.
constexpr Word kVersion = 2;
constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = 1;
constexpr std::size_t kStartsAt = 2;
constexpr std::size_t kSoundAt = 8;
constexpr std::size_t kSoundWords = RecordSlots::words_for(Checkpoint::kSoundBytesMax);
constexpr std::size_t kStageAt = kSoundAt + kSoundWords;
constexpr std::size_t kStageWords = RecordSlots::words_for(Checkpoint::kStageBytesMax);
constexpr std::size_t kJournalAt = kStageAt + kStageWords;
/// Most of it is never touched, and so takes no memory.
constexpr std::size_t kBytes = (kJournalAt + PacketJournal::kWords) * sizeof(Word);

RecordSlots sound_of(const detail::SharedMemory& memory) {
  return RecordSlots(memory.words().subspan(kSoundAt, kSoundWords));
}
RecordSlots stage_of(const detail::SharedMemory& memory) {
  return RecordSlots(memory.words().subspan(kStageAt, kStageWords));
}

}  // namespace

base::Result<Checkpoint> Checkpoint::create() {
  auto memory = detail::SharedMemory::create("shelcaster-checkpoint", kBytes);
  if (!memory) return base::fail("checkpoint: " + memory.error().message);
  store(memory->words()[kVersionAt], kVersion);
  store(memory->words()[kMagicAt], kMagic);
  return Checkpoint(std::move(*memory));
}

base::Result<Checkpoint> Checkpoint::attach(int fd) {
  auto memory = detail::SharedMemory::attach(fd, kBytes, kBytes);
  if (!memory) return base::fail("checkpoint: " + memory.error().message);
  if (load(memory->words()[kMagicAt]) != kMagic || load(memory->words()[kVersionAt]) != kVersion) {
    return base::fail(
        fmt::format("checkpoint: descriptor {} is not a checkpoint of this build", fd));
  }
  return Checkpoint(std::move(*memory));
}

std::span<std::byte> Checkpoint::begin_sound() noexcept { return sound_of(memory_).begin(); }

void Checkpoint::commit_sound(std::size_t size) noexcept { sound_of(memory_).commit(size); }

bool Checkpoint::write_stage(base::ByteSpan record) noexcept {
  RecordSlots slots = stage_of(memory_);
  const std::span<std::byte> to = slots.begin();
  if (record.size() > to.size()) {
    slots.commit(0);
    return false;
  }
  if (!record.empty()) std::memcpy(to.data(), record.data(), record.size());
  slots.commit(record.size());
  slots.wipe_former();
  return true;
}

std::optional<base::Bytes> Checkpoint::read_sound() const { return sound_of(memory_).read(); }

std::optional<base::Bytes> Checkpoint::read_stage() const {
  auto record = stage_of(memory_).read();
  return record && record->empty() ? std::nullopt : record;
}

PacketJournal Checkpoint::journal() const noexcept {
  return PacketJournal(memory_.words().subspan(kJournalAt, PacketJournal::kWords));
}

std::uint32_t Checkpoint::starts() const noexcept {
  return static_cast<std::uint32_t>(load(memory_.words()[kStartsAt]));
}

void Checkpoint::note_start() noexcept { store(memory_.words()[kStartsAt], Word{starts()} + 1); }

void Checkpoint::clear_starts() noexcept { store(memory_.words()[kStartsAt], 0); }

}  // namespace shelcaster::tape
