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
  made->write({});
  auto memory = tape::detail::SharedMemory::attach(made->fd(), 1, SIZE_MAX / 2);
  if (!memory) std::abort();
  scribble(memory->words(), data, size);
  const auto checkpoint = tape::Checkpoint::attach(made->fd());
  if (!checkpoint) return;
  if (const auto state = checkpoint->read()) {
    if (state->deck.item_id.view().size() > 60) std::abort();
  }
  (void)checkpoint->starts();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  data[0] % 2 == 0 ? try_tape(data + 1, size - 1) : try_checkpoint(data + 1, size - 1);
  return 0;
}
