#include "output/hls/hls_packager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "output/hls/detail/atomic_file.hpp"

namespace shelcaster::output {
namespace {

constexpr const char* kListName = "index.m3u8";
constexpr const char* kMasterName = "master.m3u8";
// The encoder's average, its largest swing over a segment, and the container.
constexpr std::int64_t kPeakBitsPerSecond = std::int64_t{media::kAacBitrateBps} * 5 / 4;

/// The number between `before` and `after`: that in "seg-<n>.m4s" or "init-<n>.mp4".
std::optional<std::int64_t> number_in(std::string_view name, std::string_view before,
                                      std::string_view after) {
  if (!name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
  const auto digits = name.substr(before.size(), name.size() - before.size() - after.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

/// The numbers of the segments and of the init segments on disk.
struct Stock {
  std::vector<std::int64_t> segments;
  std::vector<std::int64_t> inits;
};

/// What a packager was killed in the middle of writing is removed.
Stock take_stock(const std::filesystem::path& dir) {
  Stock stock;
  std::vector<std::filesystem::path> halves;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    if (const auto segment = number_in(name, "seg-", ".m4s")) {
      stock.segments.push_back(*segment);
    } else if (const auto init = number_in(name, "init-", ".mp4")) {
      stock.inits.push_back(*init);
    } else if (entry.path().extension() == detail::kUnfinishedExtension) {
      halves.push_back(entry.path());
    }
  }
  for (const auto& half : halves) std::filesystem::remove(half, error);
  return stock;
}

}  // namespace

HlsPackager::HlsPackager(std::filesystem::path dir, base::ByteSpan aac_config, base::WallTime epoch,
                         base::SampleTime start)
    : dir_(std::move(dir)),
      aac_config_(aac_config.begin(), aac_config.end()),
      epoch_(epoch),
      writer_(aac_config),
      state_file_(dir_ / "state", {.mode = 0644}),
      next_(start) {}

HlsPackager HlsPackager::open(const std::filesystem::path& dir, base::ByteSpan aac_config,
                              base::WallTime epoch, base::SampleTime start) {
  HlsPackager packager(dir, aac_config, epoch, start);
  packager.recover();
  return packager;
}

base::Result<void> HlsPackager::note(base::Result<void> written) {
  problem_ = written ? std::string() : written.error().message;
  return written;
}

void HlsPackager::recover() {
  const Stock stock = take_stock(dir_);
  const std::vector<std::int64_t>& on_disk = stock.segments;
  const auto text = state_file_.read();
  auto parsed = parse_hls_state(text.value_or(""));
  if (parsed) {
    state_ = std::move(*parsed);
  } else if (!on_disk.empty()) {
    // Numbers must not be used twice, or a listener's cache plays the past.
    state_.next_segment = *std::max_element(on_disk.begin(), on_disk.end()) + 1;
    state_.next_init = state_.next_segment;
  }
  std::error_code ignored;
  for (const std::int64_t number : on_disk) {
    if (number < oldest_kept()) {
      std::filesystem::remove(dir_ / hls_segment_name(number), ignored);
    }
  }
  deleted_before_ = std::max<std::int64_t>(0, oldest_kept());
  // One more than the list names, for listeners that have an older one.
  const std::int64_t needed =
      state_.window.empty() ? state_.next_init : state_.window.front().init_number;
  for (const std::int64_t number : stock.inits) {
    if (number < needed - 1) std::filesystem::remove(dir_ / hls_init_name(number), ignored);
  }

  const bool is_same_programme = parsed && state_.epoch_unix_ms == epoch_.unix_ms();
  if (!is_same_programme) return start_programme();
  init_number_ = state_.next_init - 1;
  const bool has_segments = state_.next_segment > state_.programme_segment;
  next_ = published_until().value_or(state_.programme_start);
  is_discontinuity_due_ = !has_segments && state_.next_segment > 0;
  renew_writer();
  (void)note(publish());
}

/// Fragments are numbered as segments are (ISO/IEC 14496-12 §8.8.5), whoever writes them.
void HlsPackager::renew_writer() { writer_ = media::Fmp4Writer(aac_config_, state_.next_segment); }

/// Numbers go on; what a finished programme left in the list does not belong to the new one.
void HlsPackager::start_programme() {
  if (state_.is_ended) {
    state_.discontinuity_sequence +=
        std::count_if(state_.window.begin(), state_.window.end(),
                      [](const HlsSegment& segment) { return segment.is_after_discontinuity; });
    state_.window.clear();
  }
  is_discontinuity_due_ = state_.next_segment > 0;
  state_.is_ended = false;
  state_.programme_start = next_;
  state_.programme_segment = state_.next_segment;
  state_.epoch_unix_ms = epoch_.unix_ms();
  init_number_ = state_.next_init++;
  is_init_due_ = true;
  renew_writer();
  auto written = write_init();
  if (written) written = publish();
  (void)note(std::move(written));
}

base::Result<void> HlsPackager::write_init() {
  std::error_code error;
  std::filesystem::create_directories(dir_, error);
  if (error) {
    return base::fail(fmt::format("can't make {}: {}", dir_.filename().string(), error.message()));
  }
  auto written =
      detail::write_atomically(dir_ / hls_init_name(init_number_), writer_.init_segment());
  is_init_due_ = !written;
  return written;
}

std::optional<HlsSegment> HlsPackager::newest() const {
  if (state_.next_segment == state_.programme_segment) return std::nullopt;
  return state_.window.back();
}

std::optional<base::SampleTime> HlsPackager::published_until() const {
  const auto segment = newest();
  if (!segment) return std::nullopt;
  return segment->start + segment->samples;
}

base::Result<void> HlsPackager::add(const media::AacPacket& packet) {
  base::Result<void> closed;
  if (next_ != packet.at) {
    if (segment_packets_ > 0) closed = close_segment();
    // The muxer would bridge the gap by stretching a frame: a new one takes the packet's own time.
    renew_writer();
    is_discontinuity_due_ = true;
  }
  if (segment_packets_ == 0) segment_start_ = packet.at;
  writer_.add(packet);
  ++segment_packets_;
  next_ = packet.at + std::int64_t{media::kAacFrameSamples};
  if (segment_packets_ < kHlsSegmentPackets || !closed) return closed;
  return close_segment();
}

base::Result<void> HlsPackager::close_segment() {
  const base::Bytes fragment = writer_.take_fragment();
  const std::int64_t packets = std::exchange(segment_packets_, 0);
  HlsSegment segment;
  segment.number = state_.next_segment;
  segment.start = segment_start_;
  segment.samples = packets * std::int64_t{media::kAacFrameSamples};
  segment.init_number = init_number_;
  segment.start_unix_ms = epoch_.unix_ms() + segment_start_.samples() * 1000 / base::kSampleRate;
  segment.is_after_discontinuity = is_discontinuity_due_;
  return note(write_segment(segment, fragment));
}

base::Result<void> HlsPackager::write_segment(const HlsSegment& segment, base::ByteSpan fragment) {
  base::Result<void> written;
  if (is_init_due_) written = write_init();
  if (written) {
    const auto path = dir_ / hls_segment_name(segment.number);
    const auto spare = take_spare();
    written = spare ? detail::write_recycled(path, *spare, fragment)
                    : detail::write_atomically(path, fragment);
  }
  if (!written) {
    is_discontinuity_due_ = true;
    return written;
  }
  is_discontinuity_due_ = false;
  ++state_.next_segment;
  state_.window.push_back(segment);
  while (state_.window.size() > kHlsWindowSegments) {
    if (state_.window.front().is_after_discontinuity) ++state_.discontinuity_sequence;
    state_.window.pop_front();
  }
  return publish();
}

/// The state goes first: after a crash between the two the play list is made again from it.
base::Result<void> HlsPackager::publish() {
  if (is_master_due_) {
    auto master = detail::write_atomically(
        dir_ / kMasterName, base::as_bytes(write_hls_master(kListName, kPeakBitsPerSecond)));
    if (!master) return master;
    is_master_due_ = false;
  }
  auto written = state_file_.write(write_hls_state(state_));
  if (!written) return written;
  written = detail::write_in_turn(dir_ / kListName,
                                  base::as_bytes(write_hls_playlist(state_, kHlsTargetDurationS)));
  if (!written) return written;
  delete_segments_before(oldest_kept() - 1);
  return {};
}

std::int64_t HlsPackager::oldest_kept() const {
  return state_.next_segment - std::int64_t{kHlsWindowSegments} - kHlsGraceSegments;
}

std::optional<std::filesystem::path> HlsPackager::take_spare() {
  if (deleted_before_ >= oldest_kept()) return std::nullopt;
  return dir_ / hls_segment_name(deleted_before_++);
}

void HlsPackager::delete_segments_before(std::int64_t number) {
  for (; deleted_before_ < number; ++deleted_before_) {
    std::error_code ignored;
    std::filesystem::remove(dir_ / hls_segment_name(deleted_before_), ignored);
  }
}

base::Result<void> HlsPackager::finish() {
  base::Result<void> closed;
  if (segment_packets_ > 0) closed = close_segment();
  state_.is_ended = true;
  auto published = note(publish());
  detail::forget_turn(dir_ / kListName);
  return closed ? published : closed;
}

}  // namespace shelcaster::output
