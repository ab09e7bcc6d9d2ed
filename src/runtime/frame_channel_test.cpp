#include "runtime/frame_channel.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::runtime {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

template <typename Done>
void run_until(boost::asio::io_context& io, Done done) {
  for (int i = 0; i < 2'000 && !done(); ++i) io.run_one_for(10ms);
}

TEST(FrameChannel, CarriesMessagesBothWaysAndTellsTheEnd) {
  boost::asio::io_context io;
  auto pair = unix_pair().value();
  std::vector<json::object> got;
  std::string closed;
  auto near = std::make_unique<FrameChannel>(
      io, std::move(pair.first),
      FrameChannel::Handlers{[&](json::object m) { got.push_back(m); }, [](std::string_view) {}});
  FrameChannel far(
      io, std::move(pair.second),
      {[&](json::object m) { far.send(m); }, [&](std::string_view why) { closed = why; }});
  near->send({{"type", "a"}, {"text", std::string(200'000, 'x')}});
  near->send({{"type", "b"}});
  run_until(io, [&] { return got.size() == 2; });
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].at("type"), "b");
  EXPECT_TRUE(near->is_drained());
  near.reset();
  run_until(io, [&] { return !closed.empty(); });
  EXPECT_FALSE(far.is_open());
}

TEST(FrameChannel, DropsWhatMayBeDroppedThenClosesOnASlowReader) {
  boost::asio::io_context io;
  auto pair = unix_pair().value();
  std::string closed;
  FrameChannel channel(io, std::move(pair.first),
                       {[](json::object) {}, [&](std::string_view why) { closed = why; }},
                       {.queued_bytes_max = 1'000'000});
  const json::object big{{"text", std::string(100'000, 'x')}};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(channel.send(big));
  EXPECT_FALSE(channel.send(big, Delivery::kDroppable));
  EXPECT_TRUE(channel.is_open());
  for (int i = 0; i < 20; ++i) (void)channel.send(big);
  run_until(io, [&] { return !closed.empty(); });
  EXPECT_EQ(closed, "the other side reads too slowly");
}

TEST(FrameChannel, LetsWhatYieldsWaitBehindEverythingElseAndRefusesTooMuchOfIt) {
  boost::asio::io_context io;
  auto pair = unix_pair().value();
  FrameChannel channel(io, std::move(pair.first), {[](json::object) {}, [](std::string_view) {}},
                       {.yielding_bytes_max = 1'000'000});
  const json::object offer{{"type", "offer"}, {"sdp", std::string(400'000, 'x')}};
  EXPECT_TRUE(channel.send(offer, Delivery::kYielding)) << "the first is with the socket";
  EXPECT_TRUE(channel.send(offer, Delivery::kYielding));
  EXPECT_TRUE(channel.send(offer, Delivery::kYielding));
  EXPECT_FALSE(channel.send(offer, Delivery::kYielding));
  EXPECT_TRUE(channel.send({{"type", "command"}}));
  std::vector<std::string> order;
  const FrameChannel far(io, std::move(pair.second),
                         {[&](json::object m) { order.emplace_back(m.at("type").as_string()); },
                          [](std::string_view) {}});
  run_until(io, [&] { return order.size() == 4; });
  EXPECT_EQ(order, (std::vector<std::string>{"offer", "command", "offer", "offer"}));
  EXPECT_TRUE(channel.is_open());
}

TEST(FrameChannel, RefusesAMessageThatIsTooLongForAFrame) {
  boost::asio::io_context io;
  auto pair = unix_pair().value();
  FrameChannel channel(io, std::move(pair.first), {[](json::object) {}, [](std::string_view) {}});
  EXPECT_FALSE(channel.send({{"text", std::string(std::size_t{2} << 20U, 'x')}}));
  EXPECT_TRUE(channel.is_open());
}

TEST(FrameChannel, ClosesAStreamThatIsOutOfStep) {
  boost::asio::io_context io;
  auto pair = unix_pair().value();
  std::string closed;
  const FrameChannel channel(io, std::move(pair.first),
                             {[](json::object) {}, [&](std::string_view why) { closed = why; }});
  ASSERT_EQ(::write(pair.second.get(), "GET / HTTP/1.1\r\n", 16), 16);
  run_until(io, [&] { return !closed.empty(); });
  EXPECT_FALSE(closed.empty());
}

TEST(FrameListener, AcceptsWhoDialsAndLeavesNoSocketBehind) {
  boost::asio::io_context io;
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("link-test-" + std::to_string(::getpid()));
  EXPECT_FALSE(dial_unix(path));
  base::UniqueFd accepted;
  {
    const auto listener =
        FrameListener::listen(io, path, [&](base::UniqueFd fd) { accepted = std::move(fd); });
    ASSERT_TRUE(listener);
    const auto dialled = dial_unix(path);
    ASSERT_TRUE(dialled);
    run_until(io, [&] { return static_cast<bool>(accepted); });
    EXPECT_TRUE(accepted);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(UdpSocket, MovesBatchesAndStampsThem) {
  auto a = UdpSocket::bind(net::Endpoint::parse("127.0.0.1", 0).value()).value();
  auto b = UdpSocket::bind(net::Endpoint::parse("::", 0).value());
  const std::string text = "datagram";
  const auto to = net::Endpoint::parse("127.0.0.1", b ? b->local().port() : a.local().port());
  UdpSocket& receiver = b ? *b : a;
  std::vector<net::Transmit> out(100, {.remote = *to, .bytes = base::as_bytes(text)});
  EXPECT_EQ(a.send(out), 100U);
  const std::string huge(2'000, 'x');
  EXPECT_TRUE(a.send({.remote = *to, .bytes = base::as_bytes(huge)}));
  std::vector<ReceivedDatagram> slots(64);
  std::size_t got = 0;
  for (int i = 0; i < 1'000 && (got < 100 || receiver.oversized() == 0); ++i) {
    for (ReceivedDatagram& datagram : receiver.receive(slots)) {
      EXPECT_EQ(base::as_text(datagram.bytes()), text);
      EXPECT_EQ(datagram.remote, a.local());  // IPv4 also through a dual socket
      ++got;
    }
  }
  EXPECT_EQ(got, 100U);
  EXPECT_EQ(receiver.oversized(), 1U);
}

}  // namespace
}  // namespace shelcaster::runtime
