#include "app/publish/hls_destination.hpp"

#include <utility>

namespace shelcaster::app {

HlsDestination::HlsDestination(output::HlsPackager packager, OnError on_error)
    : packager_(std::move(packager)), on_error_(std::move(on_error)) {
  if (!packager_.problem().empty()) note(base::fail(packager_.problem()));
}

void HlsDestination::note(const base::Result<void>& written) {
  if (written) return;
  ++write_errors_;
  on_error_(written.error());
}

void HlsDestination::push(const ProgrammeUnit& unit) {
  if (const auto* packet = std::get_if<std::shared_ptr<const media::AacPacket>>(&unit)) {
    note(packager_.add(**packet));
  }
}

bool HlsDestination::finish() {
  note(end_list());
  return true;
}

base::Result<void> HlsDestination::end_list() {
  if (packager_.is_finished()) return {};
  return packager_.finish();
}

DestinationStatus HlsDestination::status() const {
  const bool is_good = packager_.problem().empty();
  DestinationStatus status;
  status.state = is_good ? "live" : "retrying";
  status.problem = is_good ? "" : "disk";
  status.detail = packager_.problem();
  return status;
}

}  // namespace shelcaster::app
