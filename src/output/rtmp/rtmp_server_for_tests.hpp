#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "output/rtmp/amf0.hpp"
#include "output/rtmp/chunk_stream.hpp"
#include "output/rtmp/rtmp_transport.hpp"

namespace shelcaster::output {

/// A server in memory that takes a stream, or does what a test wants it to do. Bytes in, bytes out.
class RtmpServerForTests {
 public:
  struct Habits {
    bool is_silent = false;            // takes the connection and says nothing
    std::string connect_refusal = {};  // the description of a refused `connect`
    std::string publish_code = "NetStream.Publish.Start";
    std::string publish_description = "ok";
    bool hangs_up_at_publish = false;
    std::uint32_t acknowledges_each = 0;  // bytes; 0: never
    base::Bytes says_without_end = {};    // from the publish answer on, as fast as it is read
  };

  explicit RtmpServerForTests(Habits habits) : habits_(std::move(habits)) {}

  void handle_bytes(base::ByteSpan bytes) {
    received_ += bytes.size();
    if (habits_.is_silent) return;
    if (!has_greeted_) {
      head_.insert(head_.end(), bytes.begin(), bytes.end());
      if (head_.size() < 1 + 1536) return;
      if (out_.empty() && !has_answered_) {
        out_.push_back(std::byte{3});
        out_.insert(out_.end(), 1536, std::byte{0x5a});
        out_.insert(out_.end(), head_.begin() + 1, head_.begin() + 1 + 1536);
        has_answered_ = true;
      }
      if (head_.size() < 1 + 2 * 1536) return;
      has_greeted_ = true;
      reader_.feed(base::ByteSpan(head_).subspan(1 + 2 * 1536));
    } else {
      reader_.feed(bytes);
    }
    for (auto next = reader_.next(); next && *next; next = reader_.next()) handle(**next);
    if (habits_.acknowledges_each != 0 && received_ - told_ >= habits_.acknowledges_each) {
      told_ = received_;
      std::array<std::byte, 4> body{};
      base::ByteWriter(body).u32(static_cast<std::uint32_t>(received_));
      writer_.write(RtmpMessageType::kAcknowledgement, 0, 0, body, out_);
    }
  }
  [[nodiscard]] base::Bytes take_output() {
    if (has_published_ && !habits_.says_without_end.empty()) say_on();
    return std::move(out_);
  }
  /// Of what it says without end; it hangs up after 32 MiB.
  [[nodiscard]] std::size_t said_bytes() const { return said_bytes_; }
  void say_message(RtmpMessageType type, base::ByteSpan body) {
    writer_.write(type, 0, 0, body, out_);
  }
  [[nodiscard]] bool has_hung_up() const { return has_hung_up_; }

  /// Audio, video and data, as they came.
  [[nodiscard]] const std::vector<RtmpMessage>& media() const { return media_; }
  /// The names of commands, and the strings among their arguments.
  [[nodiscard]] const std::vector<std::vector<AmfValue>>& commands() const { return commands_; }

 private:
  void handle(const RtmpMessage& message) {
    if (message.type != static_cast<std::uint8_t>(RtmpMessageType::kCommand)) {
      if (message.type >= static_cast<std::uint8_t>(RtmpMessageType::kAudio)) {
        media_.push_back(message);
      }
      return;
    }
    commands_.push_back(parse_amf0(message.body).value());
    const std::string name = commands_.back().at(0).text;
    const double transaction = commands_.back().at(1).number;
    if (name == "connect") {
      AmfWriter amf;
      if (habits_.connect_refusal.empty()) {
        amf.text("_result").number(transaction).null().null();
      } else {
        amf.text("_error").number(transaction).null().begin_object();
        amf.name("level").text("error").name("code").text("NetConnection.Connect.Rejected");
        amf.name("description").text(habits_.connect_refusal).end();
      }
      say(amf);
    } else if (name == "createStream") {
      AmfWriter amf;
      amf.text("_result").number(transaction).null().number(7);
      say(amf);
    } else if (name == "publish") {
      if (habits_.hangs_up_at_publish) {
        has_hung_up_ = true;
        return;
      }
      AmfWriter amf;
      amf.text("onStatus").number(0).null().begin_object();
      amf.name("level").text(habits_.publish_code.ends_with("Start") ? "status" : "error");
      amf.name("code").text(habits_.publish_code);
      amf.name("description").text(habits_.publish_description).end();
      say(amf);
      has_published_ = true;
    }
  }
  void say_on() {
    constexpr std::size_t kPiece = 64 * 1024;
    for (const std::size_t end = out_.size() + kPiece; out_.size() < end;)
      out_.insert(out_.end(), habits_.says_without_end.begin(), habits_.says_without_end.end());
    said_bytes_ += kPiece;
    has_hung_up_ = said_bytes_ > 32U * 1024 * 1024;
  }
  void say(AmfWriter& amf) { writer_.write(RtmpMessageType::kCommand, 0, 0, amf.take(), out_); }

  const Habits habits_;
  base::Bytes head_;
  bool has_answered_ = false;
  bool has_greeted_ = false;
  bool has_hung_up_ = false;
  bool has_published_ = false;
  std::size_t said_bytes_ = 0;
  ChunkReader reader_;
  ChunkWriter writer_;
  base::Bytes out_;
  std::uint64_t received_ = 0;
  std::uint64_t told_ = 0;
  std::vector<RtmpMessage> media_;
  std::vector<std::vector<AmfValue>> commands_;
};

}  // namespace shelcaster::output
