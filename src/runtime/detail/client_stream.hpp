#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <utility>

#include "runtime/detail/read_budget.hpp"

namespace shelcaster::runtime::detail {

/// A TCP connection with or without TLS, as one type, so that the HTTP and WebSocket code is
/// compiled once. Its deadlines are those of beast::basic_stream. It must not move.
class ClientStream {
 public:
  using TcpStream =
      boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::any_io_executor, ReadBudget>;
  using executor_type = TcpStream::executor_type;
  using Tls = boost::asio::ssl::stream<TcpStream&>;

  ClientStream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls)
      : tcp_(std::move(socket)),
        tls_(tls != nullptr ? std::make_unique<Tls>(tcp_, *tls) : nullptr) {}
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  TcpStream& tcp() { return tcp_; }
  Tls* tls() { return tls_.get(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_) {
            tls_->async_read_some(into, std::move(handler));
          } else {
            tcp_.async_read_some(into, std::move(handler));
          }
        },
        token, buffers);
  }

  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            tcp_.async_write_some(from, std::move(handler));
          }
        },
        token, buffers);
  }

  // What Beast's WebSocket looks for beside a stream: how to end it.
  friend void beast_close_socket(ClientStream& stream) { stream.tcp_.close(); }
  friend void teardown(boost::beast::role_type, ClientStream& stream,
                       boost::system::error_code& failed) {
    stream.tcp_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_both, failed);
  }
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type role, ClientStream& stream,
                             Handler&& handler) {
    boost::beast::websocket::async_teardown(role, stream.tcp_.socket(),
                                            std::forward<Handler>(handler));
  }

 private:
  TcpStream tcp_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace shelcaster::runtime::detail
