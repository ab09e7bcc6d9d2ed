#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/serve/viewer_window.hpp"
#include "control/api.hpp"
#include "runtime/http_server.hpp"
#include "runtime/static_files.hpp"

namespace shelcaster::app {

/// What stands behind the HTTP server: pages and HLS are answered on its threads, everything else
/// is posted to the control thread (`control`), where the Api lives.
class HttpFront final : public runtime::HttpHandler {
 public:
  HttpFront(boost::asio::io_context& control, control::Api& api, ViewerWindow& viewers,
            std::filesystem::path ui_dir, std::filesystem::path hls_dir);

  void handle_head(runtime::HttpRequest head, runtime::HttpDecide decide) override;
  void handle_request(runtime::HttpRequest request, runtime::HttpRespond respond) override;
  void handle_upgrade(runtime::HttpRequest head, runtime::HttpUpgrade upgrade) override;
  [[nodiscard]] std::int64_t cost_of(const runtime::HttpRequest& head) const override;

  /// Of a client's budget, where a page or a segment costs 1: a request costs the one control
  /// thread and perhaps a commit, a session keys and encoders.
  static constexpr std::int64_t kApiCost = 20;
  static constexpr std::int64_t kSessionCost = 10 * kApiCost;

 private:
  [[nodiscard]] std::optional<runtime::HttpResponse> from_files(
      const runtime::HttpRequest& request);
  [[nodiscard]] runtime::HttpResponse live(const runtime::HttpRequest& request,
                                           std::string_view path);
  [[nodiscard]] runtime::HttpResponse page(const runtime::HttpRequest& request,
                                           std::string_view path) const;

  boost::asio::io_context& control_;
  control::Api& api_;
  ViewerWindow& viewers_;
  const runtime::StaticFiles ui_;
  const runtime::StaticFiles hls_;
};

}  // namespace shelcaster::app
