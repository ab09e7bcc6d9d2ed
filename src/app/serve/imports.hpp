#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "control/ports.hpp"

namespace shelcaster::app {

/// Uploads and URLs become ready files, each by a `shelcaster import` of its own: so many at a
/// time, the others wait in order. URLs have places of their own, since somebody may be waiting to
/// hear one. Control thread only.
class Imports final : public control::Media {
 public:
  struct Limits {
    std::size_t uploads_max = 2;
    std::size_t fetches_max = 4;
    /// Fetches in all, when the deck waits for the next one.
    std::size_t awaited_max = 16;
    std::uint64_t fetch_bytes_max = std::uint64_t{1} << 30U;
  };

  Imports(boost::asio::io_context& io, std::filesystem::path data_dir, Limits limits);
  ~Imports() override;

  /// Before the first job.
  void on_progress(std::function<void(const control::ImportProgress&)> handler);

  void start_import(const control::ImportJob& job) override;
  void expedite(const studio::TrackId& id) override;
  void cancel_import(const studio::TrackId& id) override;
  [[nodiscard]] std::filesystem::path ready_path(const studio::TrackId& id) const override;
  void remove(const studio::TrackId& id) override;

 private:
  class Job;

  void start_waiting();
  void finish(const studio::TrackId& id, control::ImportProgress last);
  [[nodiscard]] std::size_t running(bool fetches) const;

  boost::asio::io_context& io_;
  const std::filesystem::path data_dir_;
  const Limits limits_;
  std::function<void(const control::ImportProgress&)> on_progress_;
  std::deque<control::ImportJob> waiting_;
  std::map<studio::TrackId, std::shared_ptr<Job>> jobs_;
};

}  // namespace shelcaster::app
