#include "tape/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "tape/detail/layout.hpp"

namespace shelcaster::tape {
namespace {

using detail::load;
using detail::store;
using detail::Word;

std::array<float, kChannels> unpack(Word frame) {
  return {std::bit_cast<float>(static_cast<std::uint32_t>(frame)),
          std::bit_cast<float>(static_cast<std::uint32_t>(frame >> 32U))};
}

Word pack(float left, float right) {
  return Word{std::bit_cast<std::uint32_t>(left)} | Word{std::bit_cast<std::uint32_t>(right)}
                                                        << 32U;
}

/// Nobody's show lasts so long: 2,900 years.
constexpr std::int64_t kFarthest = std::int64_t{1} << 52U;

base::Result<detail::SharedMemory> attach_tape(int fd) {
  constexpr auto kCapacityMax = static_cast<std::size_t>(kTapeSecondsMax * base::kSampleRate);
  auto memory = detail::SharedMemory::attach(
      fd, detail::tape_bytes(static_cast<std::size_t>(base::kSampleRate)),
      detail::tape_bytes(kCapacityMax));
  if (!memory) return base::fail("tape: " + memory.error().message);
  const std::span<Word> words = memory->words();
  if (load(words[detail::kMagicAt]) != detail::kTapeMagic ||
      load(words[detail::kVersionAt]) != detail::kTapeVersion) {
    return base::fail(
        fmt::format("tape: descriptor {} is not a tape of version {}: all processes of a show must "
                    "be of the same build",
                    fd, detail::kTapeVersion));
  }
  if (detail::tape_bytes(load(words[detail::kCapacityAt])) != words.size_bytes()) {
    return base::fail("tape: its length does not fit its header");
  }
  const Word head = load(words[detail::kHeadAt]);
  if (head >= static_cast<Word>(kFarthest)) return base::fail("tape: its head was damaged");
  return memory;
}

Epoch epoch_of(std::span<const Word> words) {
  return {
      base::Instant::from_nanoseconds(
          static_cast<std::int64_t>(load(words[detail::kEpochMonotonicNsAt]))),
      base::WallTime::from_unix_ms(static_cast<std::int64_t>(load(words[detail::kEpochWallMsAt])))};
}

/// Whatever a process that went mad has left there: a time that arithmetic can bear.
base::SampleTime sample_time_of(const Word& word) {
  return base::SampleTime(std::clamp(static_cast<std::int64_t>(load(word)), -kFarthest, kFarthest));
}

std::string_view cut_to_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

}  // namespace

base::Result<Tape> create_tape(int seconds, const Epoch& epoch) {
  if (seconds < 1 || seconds > kTapeSecondsMax) {
    return base::fail(
        fmt::format("tape: its length must be 1 to {} s (got {})", kTapeSecondsMax, seconds));
  }
  const auto capacity = static_cast<std::size_t>(seconds * base::kSampleRate);
  auto memory = detail::SharedMemory::create("shelcaster-tape", detail::tape_bytes(capacity));
  if (!memory) return base::fail("tape: " + memory.error().message);
  const std::span<Word> words = memory->words();
  store(words[detail::kVersionAt], detail::kTapeVersion);
  store(words[detail::kCapacityAt], capacity);
  store(words[detail::kSilentFromAt], Word{0} - capacity);
  store(words[detail::kEpochMonotonicNsAt], static_cast<Word>(epoch.monotonic.nanoseconds()));
  store(words[detail::kEpochWallMsAt], static_cast<Word>(epoch.wall.unix_ms()));
  store(words[detail::kMagicAt], detail::kTapeMagic);
  return Tape(std::move(*memory));
}

TapeWriter::TapeWriter(detail::SharedMemory memory)
    : memory_(std::move(memory)), frames_(memory_.words().subspan(detail::kFramesAt)) {}

base::Result<TapeWriter> TapeWriter::attach(int fd) {
  auto memory = attach_tape(fd);
  if (!memory) return tl::unexpected(memory.error());
  return TapeWriter(std::move(*memory));
}

Epoch TapeWriter::epoch() const noexcept { return epoch_of(memory_.words()); }

base::SampleTime TapeWriter::head() const noexcept {
  return sample_time_of(memory_.words()[detail::kHeadAt]);
}

std::array<float, kChannels> TapeWriter::last_frame() const noexcept {
  const auto end = static_cast<Word>(head().samples());
  const auto frame =
      end == 0 ? std::array<float, kChannels>{} : unpack(load(frames_[(end - 1) % frames_.size()]));
  const bool is_sound = std::all_of(frame.begin(), frame.end(), [](float sample) {
    return std::isfinite(sample);  // memory that another process wrote
  });
  return is_sound ? frame : std::array<float, kChannels>{};
}

void TapeWriter::claim(std::uint64_t until) noexcept {
  // A writer that died in the middle of a write claimed more than it published, and may have
  // replaced those frames: its claim stands until we are past it.
  Word& claimed = memory_.words()[detail::kClaimedAt];
  store(claimed, std::max(load(claimed), until));
}

void TapeWriter::write(base::SampleTime at, std::span<const float> interleaved) noexcept {
  write_silence_until(at);
  const base::SampleTime from = head();
  const std::int64_t known = from - at;
  const auto frames = static_cast<std::int64_t>(interleaved.size() / kChannels);
  // Less than zero: the head was damaged while we run.
  if (known < 0 || known >= frames) return;
  const auto fresh = interleaved.subspan(static_cast<std::size_t>(known) * kChannels);
  const auto start = static_cast<Word>(from.samples());
  const Word end = start + fresh.size() / kChannels;
  const bool is_silent =
      std::all_of(fresh.begin(), fresh.end(), [](float sample) { return sample == 0.0F; });
  if (is_silent) return write_silence_until(base::SampleTime(static_cast<std::int64_t>(end)));
  claim(end);
  store(memory_.words()[detail::kSilentFromAt], end);
  std::size_t index = start % frames_.size();
  for (std::size_t i = 0; i + 1 < fresh.size(); i += kChannels) {
    store(frames_[index], pack(fresh[i], fresh[i + 1]));
    if (++index == frames_.size()) index = 0;
  }
  store(memory_.words()[detail::kHeadAt], end);
}

void TapeWriter::write_silence_until(base::SampleTime at) noexcept {
  const base::SampleTime from = head();
  if (at <= from) return;
  const auto end = static_cast<Word>(at.samples());
  const auto skipped = static_cast<Word>(at - from);
  claim(end);
  const Word count = is_all_silent() ? 0 : std::min<Word>(skipped, frames_.size());
  std::size_t index = (end - count) % frames_.size();
  for (Word i = 0; i < count; ++i) {
    store(frames_[index], 0);
    if (++index == frames_.size()) index = 0;
  }
  store(memory_.words()[detail::kHeadAt], end);
}

bool TapeWriter::is_all_silent() const noexcept {
  const std::span<const Word> words = memory_.words();
  const base::SampleTime silent_from = sample_time_of(words[detail::kSilentFromAt]);
  return head() - silent_from >= static_cast<std::int64_t>(frames_.size());
}

void TapeWriter::mark(base::SampleTime at, MarkKind kind, std::string_view text) noexcept {
  const std::span<Word> words = memory_.words();
  const Word number = load(words[detail::kMarkCountAt]);
  const auto slot = words.subspan(detail::kMarksAt + number % detail::kMarks * detail::kMarkWords,
                                  detail::kMarkWords);
  text = cut_to_character(text, kMarkTextBytesMax);
  std::array<Word, detail::kMarkWords - detail::kMarkTextAt> packed{};
  if (!text.empty()) std::memcpy(packed.data(), text.data(), text.size());

  store(slot[0], 2 * number + 1);
  store(slot[1], static_cast<Word>(at.samples()));
  store(slot[2], Word{static_cast<std::uint32_t>(kind)} | Word{text.size()} << 32U);
  for (std::size_t i = 0; i < packed.size(); ++i) store(slot[detail::kMarkTextAt + i], packed[i]);
  store(slot[0], 2 * number + 2);
  store(words[detail::kMarkCountAt], number + 1);
}

TapeReader::TapeReader(detail::SharedMemory memory)
    : memory_(std::move(memory)), frames_(memory_.words().subspan(detail::kFramesAt)) {}

base::Result<TapeReader> TapeReader::attach(int fd) {
  auto memory = attach_tape(fd);
  if (!memory) return tl::unexpected(memory.error());
  return TapeReader(std::move(*memory));
}

Epoch TapeReader::epoch() const noexcept { return epoch_of(memory_.words()); }

base::SampleTime TapeReader::head() const noexcept {
  return sample_time_of(memory_.words()[detail::kHeadAt]);
}

std::int64_t TapeReader::capacity_samples() const noexcept {
  return static_cast<std::int64_t>(frames_.size());
}

ReadResult TapeReader::read(base::SampleTime at, std::span<float> interleaved) const noexcept {
  const std::span<const Word> words = memory_.words();
  const auto first = static_cast<Word>(at.samples());
  const Word end = first + interleaved.size() / kChannels;
  if (end > load(words[detail::kHeadAt])) return ReadResult::kNotYet;
  std::size_t index = first % frames_.size();
  for (std::size_t i = 0; i + 1 < interleaved.size(); i += kChannels) {
    const auto frame = unpack(load(frames_[index]));
    interleaved[i] = frame[0];
    interleaved[i + 1] = frame[1];
    if (++index == frames_.size()) index = 0;
  }
  // A frame that the writer replaced meanwhile was stored after its claim, so that having loaded
  // it, we also see the claim here.
  const Word claimed = load(words[detail::kClaimedAt]);
  return claimed > first + frames_.size() ? ReadResult::kOverwritten : ReadResult::kOk;
}

bool TapeReader::is_silent(base::SampleTime at, std::int64_t frames) const noexcept {
  const std::span<const Word> words = memory_.words();
  const auto first = static_cast<Word>(at.samples());
  const Word head = load(words[detail::kHeadAt]);
  // Loaded after the head: what lies between the two was silence when the head stood there.
  return at >= base::SampleTime(0) && first + static_cast<Word>(frames) <= head &&
         sample_time_of(words[detail::kSilentFromAt]) <= at &&
         load(words[detail::kClaimedAt]) <= first + frames_.size();
}

std::uint64_t TapeReader::mark_count() const noexcept {
  return load(memory_.words()[detail::kMarkCountAt]);
}

ReadResult TapeReader::read_mark(std::uint64_t number, Mark& mark) const {
  if (number >= mark_count()) return ReadResult::kNotYet;
  const auto slot = memory_.words().subspan(
      detail::kMarksAt + number % detail::kMarks * detail::kMarkWords, detail::kMarkWords);
  if (load(slot[0]) != 2 * number + 2) return ReadResult::kOverwritten;
  const Word at = load(slot[1]);
  const Word kind_and_size = load(slot[2]);
  std::array<Word, detail::kMarkWords - detail::kMarkTextAt> packed{};
  for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = load(slot[detail::kMarkTextAt + i]);
  if (load(slot[0]) != 2 * number + 2) return ReadResult::kOverwritten;

  mark.at = base::SampleTime(static_cast<std::int64_t>(at));
  mark.kind = static_cast<MarkKind>(static_cast<std::uint32_t>(kind_and_size));
  const auto size = std::min<std::size_t>(kind_and_size >> 32U, kMarkTextBytesMax);
  mark.text.assign(reinterpret_cast<const char*>(packed.data()), size);
  return ReadResult::kOk;
}

base::SampleTime TapeReader::reader_position() const noexcept {
  return sample_time_of(memory_.words()[detail::kReaderAt]);
}

base::Instant TapeReader::publish_due() const noexcept {
  return base::Instant::from_nanoseconds(
      static_cast<std::int64_t>(load(memory_.words()[detail::kPublishDueNsAt])));
}

void TapeReader::set_publish_due(base::Instant at) noexcept {
  store(memory_.words()[detail::kPublishDueNsAt], static_cast<Word>(at.nanoseconds()));
}

void TapeReader::set_reader_position(base::SampleTime at) noexcept {
  store(memory_.words()[detail::kReaderAt], static_cast<Word>(at.samples()));
}

}  // namespace shelcaster::tape
