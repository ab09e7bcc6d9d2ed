#include "show_setting.hpp"

#include <sys/mman.h>

#include <stdexcept>
#include <vector>

#include "audio/tone.hpp"
#include "base/unique_fd.hpp"
#include "media/ready_file.hpp"

namespace shelcaster::sim {
namespace {

constexpr int kTrackSeconds = 60;

base::UniqueFd make_track() {
  base::UniqueFd file(memfd_create("track", MFD_CLOEXEC));
  auto writer = media::ReadyFileWriter::start(file.get());
  if (!writer) throw std::runtime_error(writer.error().message);
  audio::Tone tone(kDeckToneHz, kDeckToneDb);
  for (int second = 0; second < kTrackSeconds; ++second) {
    std::vector<float> stereo(2 * 48'000);
    for (std::size_t i = 0; i < stereo.size(); i += 2) stereo[i] = stereo[i + 1] = tone.next();
    if (!writer->write(stereo)) throw std::runtime_error("no room for the deck's track");
  }
  if (!writer->finish()) throw std::runtime_error("no room for the deck's track");
  return file;
}

}  // namespace

bool is_good(const LinkConditions& link) {
  constexpr double kLossMax = 0.01;
  constexpr int kRateMin = 500'000;
  return !link.is_out && link.to_bad == 0 && link.mean_loss() <= kLossMax &&
         link.jitter <= std::chrono::milliseconds(10) && link.tail == 0 &&
         (link.rate_bps == 0 || link.rate_bps >= kRateMin);
}

const rtc::DtlsCertificate& certificate() {
  static const auto made = rtc::DtlsCertificate::make();
  return **made;
}

const std::string& deck_track() {
  static const base::UniqueFd file = make_track();
  static const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  return path;
}

}  // namespace shelcaster::sim
