#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tape/checkpoint.hpp"
#include "tape/detail/layout.hpp"
#include "tape/tape.hpp"

// The tape and the checkpoint as a process that went mad may leave them: any words behind a header
// that is accepted (the first byte says whether it is left as it was made).
namespace {

using namespace shelcaster;

void scribble(std::span<tape::detail::Word> words, const std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 0; at + 10 <= size; at += 10) {
    const std::size_t place = (data[at] | static_cast<std::size_t>(data[at + 1]) << 8U) % 256;
    std::memcpy(&words[place % words.size()], data + at + 2, sizeof(tape::detail::Word));
  }
}

void try_tape(const std::uint8_t* data, std::size_t size) {
  auto made = tape::create_tape(1, {base::Instant::from_nanoseconds(1), {}});
  if (!made) std::abort();
  auto memory = tape::detail::SharedMemory::attach(made->fd(), 1, SIZE_MAX / 2);
  if (!memory) std::abort();
  scribble(memory->words(), data, size);
  std::array<float, 960> block{};
  if (auto reader = tape::TapeReader::attach(made->fd())) {
    const std::int64_t head = reader->head().samples();
    if (reader->capacity_samples() <= 0) std::abort();
    for (const std::int64_t at : {std::int64_t{0}, head / 2, head - 480, head, head + 480}) {
      if (at >= 0) (void)reader->read(base::SampleTime(at), block);
    }
    tape::Mark mark;
    const std::uint64_t marks = reader->mark_count();
    for (const std::uint64_t number : {std::uint64_t{0}, marks - 1, marks, marks / 2}) {
      (void)reader->read_mark(number, mark);
    }
    reader->set_reader_position(base::SampleTime(head));
  }
  if (auto writer = tape::TapeWriter::attach(made->fd())) {
    const base::SampleTime head = writer->head();
    writer->write(head, block);
    writer->write(head + 48'000 * 3, block);
    writer->mark(head, tape::MarkKind{1}, "a mark");
  }
}

void try_checkpoint(const std::uint8_t* data, std::size_t size) {
  auto made = tape::Checkpoint::create();
  if (!made) std::abort();
  (void)made->begin_sound();
  made->commit_sound(100);
  (void)made->write_stage(base::ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  for (std::uint16_t n = 0; n < 8; ++n) made->journal().note({.sequence = n});
  auto memory = tape::detail::SharedMemory::attach(made->fd(), 1, SIZE_MAX / 2);
  if (!memory) std::abort();
  scribble(memory->words(), data, size / 2);
  scribble(memory->words().last(tape::PacketJournal::kWords), data + size / 2, size - size / 2);
  const auto checkpoint = tape::Checkpoint::attach(made->fd());
  if (!checkpoint) return;
  for (const auto& record : {checkpoint->read_sound(), checkpoint->read_stage()}) {
    if (record && record->size() > tape::Checkpoint::kSoundBytesMax) std::abort();
  }
  std::size_t bytes = 0;
  for (const tape::JournalPacket& packet : checkpoint->journal().packets()) {
    for (const std::byte byte : packet.payload) bytes += std::to_integer<std::size_t>(byte);
  }
  if (bytes > 255 * tape::PacketJournal::kBytes) std::abort();
  checkpoint->journal().note({.line = 1});
  (void)checkpoint->starts();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  data[0] % 2 == 0 ? try_tape(data + 1, size - 1) : try_checkpoint(data + 1, size - 1);
  return 0;
}
