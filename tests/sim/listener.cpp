#include "listener.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "media/aac_encoder.hpp"
#include "sim_aac.hpp"

namespace shelcaster::sim {
namespace {

constexpr auto kFrame = std::int64_t{media::kAacFrameSamples};
/// Reading all listed files again costs more than listening to the new ones.
constexpr std::int64_t kLooksPerRereading = 16;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

/// The contents of the first box of this type (ISO/IEC 14496-12 §4.2), in boxes that hold others.
std::optional<std::string_view> find_box(std::string_view in, std::string_view type) {
  while (in.size() >= 8) {
    const std::uint64_t size = big_endian(in.substr(0, 4));
    if (size < 8 || size > in.size()) return std::nullopt;
    const std::string_view name = in.substr(4, 4);
    const std::string_view inside = in.substr(8, size - 8);
    if (name == type) return inside;
    if (name == "moof" || name == "traf") {
      if (const auto found = find_box(inside, type)) return found;
    }
    in.remove_prefix(size);
  }
  return std::nullopt;
}

/// §8.8.12: version and flags, then 32 or 64 bits.
std::optional<base::SampleTime> decode_time(std::string_view segment) {
  const auto box = find_box(segment, "tfdt");
  if (!box || box->size() < 8) return std::nullopt;
  const bool is_long = box->front() == 1;
  if (is_long && box->size() < 12) return std::nullopt;
  return base::SampleTime(static_cast<std::int64_t>(big_endian(box->substr(4, is_long ? 8 : 4))));
}

std::int64_t unix_ms_of(const std::string& iso) {
  std::tm time{};
  const char* rest = ::strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  const std::int64_t ms = rest != nullptr && *rest == '.' ? std::stoll(rest + 1) : 0;
  return std::int64_t{timegm(&time)} * 1000 + ms;
}

std::uint64_t hash_of(std::string_view bytes) { return std::hash<std::string_view>{}(bytes); }

}  // namespace

Listener::Listener(std::filesystem::path dir, tape::TapeReader tape, Complain complain)
    : dir_(std::move(dir)), complain_(std::move(complain)) {
  tapes_.push_back(std::move(tape));
}

void Listener::begin_programme(tape::TapeReader tape) { tapes_.push_back(std::move(tape)); }

/// What was written whole when everything died may be listed after it: a segment is of the first
/// tape that has its time, and none of an earlier one comes after it.
bool Listener::moves_to_later_tape(std::int64_t start_ms, std::int64_t date_ms) {
  const std::size_t before = tapes_.size();
  const auto has_its_time = [&] {
    return tapes_.front().epoch().wall.unix_ms() + start_ms == date_ms;
  };
  while (tapes_.size() > 1 && !has_its_time()) tapes_.pop_front();
  return tapes_.size() < before;
}

void Listener::look() {
  std::istringstream list(read_file(dir_ / "index.m3u8"));
  std::int64_t number = -1;
  Listed listed;
  for (std::string line; std::getline(list, line);) {
    const auto value = [&] { return line.substr(line.find(':') + 1); };
    if (line.starts_with("#EXT-X-MEDIA-SEQUENCE:")) {
      number = std::stoll(value());
      if (number < media_sequence_) complain_("the list's first number goes back");
      if (number > next_number_) complain_("segments have left the list before anybody saw them");
      media_sequence_ = std::max(media_sequence_, number);
    } else if (line == "#EXT-X-DISCONTINUITY") {
      listed.is_after_discontinuity = true;
    } else if (line.starts_with("#EXT-X-PROGRAM-DATE-TIME:")) {
      listed.start_unix_ms = unix_ms_of(value());
    } else if (!line.empty() && line.front() != '#') {
      if (line != fmt::format("seg-{}.m4s", number)) complain_(line + " is out of turn");
      listed.number = number++;
      if (listed.number >= next_number_) listen_to(listed);
      listed = {};
    }
  }
  if (number >= 0 && number < next_number_) complain_("a segment has left the list's end");
  if (++looks_ % kLooksPerRereading == 0) check_unchanged();
}

void Listener::listen_to(const Listed& listed) {
  next_number_ = listed.number + 1;
  const std::string segment = read_file(dir_ / fmt::format("seg-{}.m4s", listed.number));
  const auto start = decode_time(segment);
  const auto packets = find_box(segment, "mdat");
  if (!start || !packets || packets->size() % kAacPacketBytes != 0) {
    return complain_(fmt::format("segment {} is not whole", listed.number));
  }
  files_[listed.number] = hash_of(segment);
  while (files_.begin()->first < media_sequence_) files_.erase(files_.begin());
  const std::int64_t start_ms = start->samples() * 1000 / base::kSampleRate;
  const bool is_first = listed.number == 0;
  const bool is_new = (listed.is_after_discontinuity || is_first) &&
                      moves_to_later_tape(start_ms, listed.start_unix_ms) && !is_first;
  const bool goes_on = *start == next_ && !is_new;
  if (listed.is_after_discontinuity || !goes_on) {
    ++breaks_;
    if (!listed.is_after_discontinuity) complain_("a break is not marked");
    if (!is_new && (!is_break_excused_ || *start < next_)) {
      complain_(fmt::format("segment {} begins at {} instead of {}", listed.number,
                            start->samples(), next_.samples()));
    }
    is_break_excused_ = false;
  }
  const std::int64_t due_ms = tapes_.front().epoch().wall.unix_ms() + start_ms;
  if (listed.start_unix_ms != due_ms) {
    complain_(fmt::format("segment {} says that it is {} ms late", listed.number,
                          listed.start_unix_ms - due_ms));
  }
  check_packets(*start, *packets);
}

void Listener::check_packets(base::SampleTime at, std::string_view packets) {
  int wrong = 0;
  for (; !packets.empty(); packets.remove_prefix(kAacPacketBytes)) {
    const std::uint64_t hash =
        packet_hash(std::as_bytes(std::span(packets.data(), kAacPacketBytes)));
    if (hash != expected_hash(at)) ++wrong;
    hash_ = (hash_ ^ hash) * 0x100000001b3U;
    at = at + kFrame;
    ++packets_;
  }
  if (wrong > 0) {
    complain_(fmt::format("{} packets before {} are not what the tape has", wrong, at.samples()));
  }
  next_ = at;
}

std::uint64_t Listener::expected_hash(base::SampleTime at) const {
  std::deque<std::uint64_t> frames;
  std::array<float, 2 * media::kAacFrameSamples> samples{};
  for (auto back = static_cast<std::int64_t>(kAacMemoryFrames) - 1; back >= 0; --back) {
    const base::SampleTime from = at - back * kFrame;
    samples.fill(0);
    // A frame may lie across the programme's beginning; before it is silence.
    const auto silent =
        static_cast<std::size_t>(std::clamp<std::int64_t>(-from.samples(), 0, kFrame));
    const auto rest = std::span(samples).subspan(2 * silent);
    if (!rest.empty() && tapes_.front().read(from + static_cast<std::int64_t>(silent), rest) !=
                             tape::ReadResult::kOk) {
      return 0;
    }
    frames.push_back(hash_of_frame(samples));
  }
  return hash_of_packet(frames);
}

void Listener::check_unchanged() {
  for (const auto& [number, hash] : files_) {
    if (hash_of(read_file(dir_ / fmt::format("seg-{}.m4s", number))) != hash) {
      complain_(fmt::format("segment {} has changed since it was listed", number));
    }
  }
}

}  // namespace shelcaster::sim
