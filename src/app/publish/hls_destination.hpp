#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "app/publish/destination.hpp"
#include "output/hls/hls_packager.hpp"

namespace shelcaster::app {

/// The programme as HLS on this machine's disk, which every show has.
///
/// Alone among destinations it is written on the publisher's own thread, in push(), and has no
/// queue. What it promises is that a publisher which dies at any step leaves no seam: the next one
/// begins to encode exactly where the published list ends (HlsPackager::next_at). With a queue in
/// between, packets that were encoded and not yet written would die with the process, and how far
/// the tape must be kept back would hang on a second thread. Its files are small, and a publisher
/// that waits for them says so beforehand (PublishCore::is_about_to_write).
class HlsDestination final : public Destination {
 public:
  using OnError = std::function<void(const base::Error&)>;
  /// `on_error`: gets the error of each write; the programme goes on.
  HlsDestination(output::HlsPackager packager, OnError on_error);

  void push(const ProgrammeUnit& unit) override;
  void work() override {}
  bool finish() override;
  /// The same, with what became of it: writes what is pending, and the end mark.
  base::Result<void> end_list();
  /// On the thread of push().
  [[nodiscard]] DestinationStatus status() const override;

  [[nodiscard]] const output::HlsPackager& packager() const { return packager_; }
  [[nodiscard]] std::uint64_t write_errors() const { return write_errors_; }

 private:
  void note(const base::Result<void>& written);

  output::HlsPackager packager_;
  OnError on_error_;
  std::uint64_t write_errors_ = 0;
};

}  // namespace shelcaster::app
