#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/serve/disk_room.hpp"
#include "app/serve/disk_thread.hpp"
#include "app/serve/held_lists.hpp"
#include "app/serve/viewer_window.hpp"
#include "control/api.hpp"
#include "control/token.hpp"
#include "runtime/http_server.hpp"
#include "runtime/static_files.hpp"

namespace shelcaster::app {

/// What stands behind the HTTP server: pages and HLS are answered on its threads, everything else
/// is posted to the control thread (`control`), where the Api lives.
class HttpFront final : public runtime::HttpHandler {
 public:
  HttpFront(boost::asio::io_context& control, control::Api& api, control::TokenJudge tokens,
            ViewerWindow& viewers, std::filesystem::path ui_dir,
            const std::filesystem::path& data_dir, DiskRoom room, DiskThread& recordings_disk,
            std::shared_ptr<const runtime::HttpFigures> figures, const control::Clock& clock);

  void handle_head(runtime::HttpRequest head, runtime::HttpDecide decide) override;
  void handle_request(runtime::HttpRequest request, runtime::HttpRespond respond) override;
  void handle_upgrade(runtime::HttpRequest head, runtime::HttpUpgrade upgrade) override;
  [[nodiscard]] std::int64_t cost_of(const runtime::HttpRequest& head) const override;
  [[nodiscard]] runtime::ClientClaim claim_of(const runtime::HttpRequest& head) const override;

  /// Of a client's budget, where a page or a segment costs 1: a request costs the one control
  /// thread and perhaps a commit, a session keys and encoders.
  static constexpr std::int64_t kApiCost = 20;
  static constexpr std::int64_t kListCost = 3 * kApiCost;  // a page of the library or of recordings
  static constexpr std::int64_t kSessionCost = 10 * kApiCost;

 private:
  [[nodiscard]] std::optional<runtime::HttpResponse> from_files(
      const runtime::HttpRequest& request);
  [[nodiscard]] runtime::HttpResponse live(const runtime::HttpRequest& request);
  /// Answers later for a play list that has nothing in it yet.
  [[nodiscard]] bool hold_if_early(const runtime::HttpRequest& request,
                                   const runtime::HttpRespond& respond);
  /// Answers with the file that the response names; its disk is waited for on a thread of its own.
  void respond_with_recording(control::Response response, control::Headers request,
                              const runtime::HttpRespond& respond);
  [[nodiscard]] runtime::HttpResponse cover(const runtime::HttpRequest& request,
                                            std::string_view name) const;
  [[nodiscard]] runtime::HttpResponse page(const runtime::HttpRequest& request,
                                           std::string_view path) const;

  boost::asio::io_context& control_;
  control::Api& api_;
  const control::TokenJudge tokens_;
  ViewerWindow& viewers_;
  const runtime::StaticFiles ui_;
  const runtime::StaticFiles hls_;
  const runtime::StaticFiles covers_;
  const std::shared_ptr<const runtime::StaticFiles> recordings_;
  DiskThread& recordings_disk_;
  const std::shared_ptr<const DiskRoom> room_;
  const std::shared_ptr<const runtime::HttpFigures> figures_;
  HeldLists held_;
};

}  // namespace shelcaster::app
