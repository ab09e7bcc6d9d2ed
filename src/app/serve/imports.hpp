#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/serve/disk_room.hpp"
#include "app/serve/import_queue.hpp"
#include "app/serve/running_import.hpp"
#include "control/ports.hpp"

namespace shelcaster::app {

/// Uploads and URLs become ready files, each by a `shelcaster import` of its own, in the order that
/// ImportQueue says. Control thread only.
class Imports final : public control::Media {
 public:
  struct Limits {
    ImportQueue::Limits places;
    /// An upload of so many bytes takes seconds.
    std::uint64_t short_bytes_max = std::uint64_t{16} << 20U;
    std::uint64_t fetch_bytes_max = std::uint64_t{1} << 30U;
  };

  Imports(boost::asio::io_context& io, std::filesystem::path data_dir, Limits limits,
          DiskRoom room);
  ~Imports() override;

  /// Before the first job.
  void on_progress(std::function<void(const control::ImportProgress&)> handler);

  void start_import(const control::ImportJob& job) override;
  void set_wanted(const studio::TrackId& id, control::Wanted wanted) override;
  void cancel_import(const studio::TrackId& id) override;
  std::filesystem::path keep_upload(const studio::TrackId& id, std::string_view owner,
                                    const std::filesystem::path& file) override;
  [[nodiscard]] std::optional<std::filesystem::path> kept_upload(
      const studio::TrackId& id) const override;
  void drop_lost_uploads() override;
  [[nodiscard]] std::optional<std::string> upload_name(const std::filesystem::path& file,
                                                       std::string_view content_type) override;
  [[nodiscard]] std::filesystem::path ready_path(const studio::TrackId& id) const override;
  void remove(const studio::TrackId& id) override;
  void remove_cover(const std::string& name) override;
  [[nodiscard]] base::Result<void> room_for_upload(std::string_view owner,
                                                   std::uint64_t bytes) const override {
    return room_.for_upload(owner, bytes);
  }

 private:
  void start_waiting();
  void run(const control::ImportJob& job);
  void handle_progress(const studio::TrackId& id, const control::ImportProgress& progress);
  void handle_end(const studio::TrackId& id, const control::ImportProgress& last,
                  bool is_cancelled);

  boost::asio::io_context& io_;
  const std::filesystem::path data_dir_;
  const Limits limits_;
  DiskRoom room_;
  std::function<void(const control::ImportProgress&)> on_progress_;
  ImportQueue queue_;
  /// Uploads of a process before this one, until their imports are started again.
  std::map<studio::TrackId, std::filesystem::path> kept_;
  std::map<studio::TrackId, std::shared_ptr<RunningImport>> running_;
  /// Cancelled, until their processes are gone.
  std::map<studio::TrackId, std::shared_ptr<RunningImport>> ending_;
};

}  // namespace shelcaster::app
