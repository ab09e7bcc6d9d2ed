#include "output/rtmp/rtmp_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "output/rtmp/rtmp_adobe_auth.hpp"

namespace shelcaster::output {
namespace {

// §5.2: version, then time, four zeros and 1528 bytes of anything; S2 echoes C1.
constexpr std::size_t kHandshakeBytes = 1'536;
constexpr std::uint8_t kVersion = 3;
constexpr std::size_t kChunkBytes = 4'096;
/// After so many bytes we want to be told what has arrived: a third of a second of a stream.
constexpr std::uint32_t kAcknowledgementWindow = 16 * 1'024;
/// A server that tells in larger steps is no measure of what has arrived.
constexpr std::uint64_t kAcknowledgementStepMax = 4 * std::uint64_t{kAcknowledgementWindow};
constexpr std::size_t kQuotedBytesMax = 200;

constexpr double kConnectTransaction = 1;
constexpr double kCreateTransaction = 4;

constexpr std::uint16_t kPingRequest = 6;
constexpr std::uint16_t kPingResponse = 7;

}  // namespace

RtmpSession::RtmpSession(RtmpAddress address, std::string app, base::Random& random)
    : address_(std::move(address)), app_(app.empty() ? address_.app : std::move(app)) {
  out_.resize(1 + kHandshakeBytes);
  random.fill(std::span(out_).subspan(9));
  out_[0] = std::byte{kVersion};
}

std::optional<RtmpFailure> RtmpSession::handle_bytes(base::ByteSpan bytes) {
  acknowledge(bytes.size());
  if (state_ == State::kHandshake) {
    const std::size_t wanted = 1 + 2 * kHandshakeBytes - handshake_.size();
    const base::ByteSpan part = bytes.first(std::min(wanted, bytes.size()));
    handshake_.insert(handshake_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (!handshake_.empty() && handshake_[0] != std::byte{kVersion}) {
      return RtmpFailure{RtmpProblem::kRefused, "what answers there doesn't speak RTMP"};
    }
    if (part.size() < wanted) return std::nullopt;
    begin();
  }
  reader_.feed(bytes);
  for (;;) {
    auto message = reader_.next();
    if (!message) return RtmpFailure{RtmpProblem::kBroken, message.error().message};
    if (!*message) return std::nullopt;
    if (auto failure = handle_message(**message)) return failure;
  }
}

void RtmpSession::begin() {
  // C2 echoes S1.
  out_.insert(out_.end(), handshake_.begin() + 1,
              handshake_.begin() + 1 + std::ptrdiff_t{kHandshakeBytes});
  handshake_ = {};
  control(RtmpMessageType::kSetChunkSize, kChunkBytes);
  writer_.set_chunk_size(kChunkBytes);
  control(RtmpMessageType::kWindowSize, kAcknowledgementWindow);
  connect();
}

void RtmpSession::connect() {
  state_ = State::kConnecting;
  RtmpAddress shown = address_;
  shown.app = app_;
  AmfWriter amf;
  amf.text("connect").number(kConnectTransaction).begin_object();
  amf.name("app").text(app_).name("type").text("nonprivate");
  amf.name("flashVer").text("FMLE/3.0 (compatible; Shelcaster)");
  amf.name("tcUrl").text(shown.base_url()).end();
  command(0, amf);
}

void RtmpSession::create_stream() {
  state_ = State::kCreating;
  // Some servers free a stream that a broken connection left under this name only when asked.
  AmfWriter release;
  release.text("releaseStream").number(2).null().text(address_.key);
  command(0, release);
  AmfWriter prepare;
  prepare.text("FCPublish").number(3).null().text(address_.key);
  command(0, prepare);
  AmfWriter create;
  create.text("createStream").number(kCreateTransaction).null();
  command(0, create);
}

void RtmpSession::publish() {
  state_ = State::kPublishing;
  AmfWriter amf;
  amf.text("publish").number(5).null().text(address_.key).text("live");
  command(stream_id_, amf);
}

void RtmpSession::command(std::uint32_t stream_id, AmfWriter& arguments) {
  writer_.write(RtmpMessageType::kCommand, stream_id, 0, arguments.take(), out_);
}

void RtmpSession::control(RtmpMessageType type, std::uint32_t value) {
  std::array<std::byte, 4> body{};
  base::ByteWriter(body).u32(value);
  writer_.write(type, 0, 0, body, out_);
}

void RtmpSession::acknowledge(std::size_t bytes) {
  received_ += bytes;
  if (window_ == 0 || received_ - told_received_ < window_) return;
  told_received_ = received_;
  control(RtmpMessageType::kAcknowledgement, static_cast<std::uint32_t>(received_));
}

void RtmpSession::take_acknowledgement(std::uint32_t total) {
  // It counts modulo 2³².
  const std::uint32_t step = total - static_cast<std::uint32_t>(acknowledged_);
  if (step > 0x7fff'ffffU) return;
  acknowledged_ += step;
  acknowledged_step_max_ = std::max<std::uint64_t>(acknowledged_step_max_, step);
  ++acknowledgements_;
}

std::optional<std::uint64_t> RtmpSession::acknowledged() const {
  if (acknowledgements_ < 2 || acknowledged_step_max_ > kAcknowledgementStepMax)
    return std::nullopt;
  // What came since the last time isn't told yet.
  return acknowledged_ + acknowledged_step_max_;
}

std::optional<RtmpFailure> RtmpSession::handle_message(const RtmpMessage& message) {
  base::ByteReader reader(message.body);
  switch (static_cast<RtmpMessageType>(message.type)) {
    case RtmpMessageType::kAcknowledgement:
      take_acknowledgement(reader.u32());
      break;
    case RtmpMessageType::kWindowSize:
      window_ = reader.u32();
      break;
    case RtmpMessageType::kUserControl:
      if (reader.u16() == kPingRequest) {
        std::array<std::byte, 6> body{};
        base::ByteWriter answer(body);
        answer.u16(kPingResponse);
        answer.u32(reader.u32());
        writer_.write(RtmpMessageType::kUserControl, 0, 0, body, out_);
      }
      break;
    case RtmpMessageType::kCommand:
      return handle_command(message.body);
    case RtmpMessageType::kCommandAmf3:
      // A byte that says that AMF 0 follows.
      reader.skip(1);
      return handle_command(reader.rest());
    default:
      break;
  }
  return std::nullopt;
}

std::optional<RtmpFailure> RtmpSession::handle_command(base::ByteSpan body) {
  const auto values = parse_amf0(body);
  if (!values) return RtmpFailure{RtmpProblem::kBroken, values.error().message};
  if (values->size() < 2) return std::nullopt;
  const std::string& name = values->at(0).text;
  const double transaction = values->at(1).number;
  const AmfValue info = values->size() > 3 ? values->at(3) : AmfValue();
  if (name == "_result") return handle_result(transaction, *values);
  if (name == "onStatus") return handle_status(info);
  if (name == "close") return closed();
  if (name != "_error") return std::nullopt;
  if (transaction == kConnectTransaction) return refused_connect(info);
  if (transaction != kCreateTransaction) return std::nullopt;
  return RtmpFailure{RtmpProblem::kRefused,
                     "the destination takes no stream" + quoted(info.text_of("description"))};
}

std::optional<RtmpFailure> RtmpSession::handle_result(double transaction,
                                                      const std::vector<AmfValue>& values) {
  if (transaction == kConnectTransaction && state_ == State::kConnecting) create_stream();
  if (transaction == kCreateTransaction && state_ == State::kCreating) {
    const double id = values.size() > 3 ? values[3].number : 1;
    stream_id_ = id >= 0 && id < 4e9 ? static_cast<std::uint32_t>(id) : 1;
    publish();
  }
  return std::nullopt;
}

std::optional<RtmpFailure> RtmpSession::handle_status(const AmfValue& status) {
  const std::string_view code = status.text_of("code");
  const std::string said = quoted(status.text_of("description"));
  if (code == "NetStream.Publish.Start") {
    if (state_ == State::kPublishing) state_ = State::kLive;
    return std::nullopt;
  }
  if (code == "NetStream.Publish.BadName") {
    return RtmpFailure{
        RtmpProblem::kKeyInUse,
        "the destination says that somebody publishes under this stream key already" + said};
  }
  if (code == "NetStream.Publish.Denied" || code == "NetStream.Publish.Rejected") {
    return RtmpFailure{RtmpProblem::kKeyRefused, "the destination refuses the stream key" + said};
  }
  if (code == "NetStream.Unpublish.Success" || status.text_of("level") != "error") {
    return std::nullopt;
  }
  return RtmpFailure{RtmpProblem::kRefused, "the destination refuses the stream" + said};
}

RtmpFailure RtmpSession::refused_connect(const AmfValue& info) {
  const std::string_view description = info.text_of("description");
  if (!address_.user.empty()) {
    next_app_ = adobe_auth_app(address_, app_, description);
    if (!next_app_.empty()) {
      return {RtmpProblem::kKeyRefused, "the destination wants user and password"};
    }
  }
  if (description.find("authmod=") != std::string_view::npos) {
    return {RtmpProblem::kKeyRefused, address_.user.empty()
                                          ? "the destination wants a user and a password in the URL"
                                          : "the destination refuses user or password"};
  }
  return {
      RtmpProblem::kRefused,
      "the destination refuses the connection: is the app in its URL right?" + quoted(description)};
}

RtmpFailure RtmpSession::closed() const {
  switch (state_) {
    case State::kHandshake:
      return {RtmpProblem::kRefused, "what answers there closes the connection: is it RTMP?"};
    case State::kConnecting:
      return {RtmpProblem::kRefused,
              "the destination closed the connection when it was told the app in its URL"};
    case State::kCreating:
    case State::kPublishing:
      return {RtmpProblem::kKeyRefused,
              "the destination closed the connection when it was told the stream key: it is "
              "probably wrong"};
    case State::kLive:
      return {RtmpProblem::kBroken, "the destination closed the connection"};
  }
  return {};
}

std::string RtmpSession::quoted(std::string_view said) const {
  const std::string_view key = std::string_view(address_.key).substr(0, address_.key.find('?'));
  const auto has = [&](std::string_view secret) {
    return !secret.empty() && said.find(secret) != std::string_view::npos;
  };
  const bool is_plain = std::all_of(said.begin(), said.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
  if (said.empty() || said.size() > kQuotedBytesMax || !is_plain || has(key) ||
      has(address_.user) || has(address_.password)) {
    return {};
  }
  return fmt::format(" (it says: {})", said);
}

void RtmpSession::send_metadata(const RtmpMetadata& metadata) {
  AmfWriter amf;
  amf.text("@setDataFrame").text("onMetaData").begin_array(12);
  amf.name("width").number(metadata.width).name("height").number(metadata.height);
  amf.name("framerate").number(metadata.frames_per_second);
  amf.name("videocodecid").number(7).name("videodatarate").number(metadata.video_bps / 1000.0);
  amf.name("audiocodecid").number(10).name("audiodatarate").number(metadata.audio_bps / 1000.0);
  amf.name("audiosamplerate").number(48'000).name("audiosamplesize").number(16);
  amf.name("audiochannels").number(2).name("stereo").boolean(true);
  amf.name("encoder").text("Shelcaster").end();
  writer_.write(RtmpMessageType::kData, stream_id_, 0, amf.take(), out_);
}

void RtmpSession::send_audio(base::ByteSpan body, std::int64_t at_ms) {
  writer_.write(RtmpMessageType::kAudio, stream_id_, static_cast<std::uint32_t>(at_ms), body, out_);
}

void RtmpSession::send_video(base::ByteSpan body, std::int64_t at_ms) {
  writer_.write(RtmpMessageType::kVideo, stream_id_, static_cast<std::uint32_t>(at_ms), body, out_);
}

void RtmpSession::finish() {
  if (state_ != State::kLive) return;
  AmfWriter unpublish;
  unpublish.text("FCUnpublish").number(6).null().text(address_.key);
  command(0, unpublish);
  AmfWriter remove;
  remove.text("deleteStream").number(7).null().number(stream_id_);
  command(0, remove);
}

}  // namespace shelcaster::output
