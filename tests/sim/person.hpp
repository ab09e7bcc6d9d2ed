#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "codec/opus_encoder.hpp"
#include "ear.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/negotiation.hpp"

namespace shelcaster::sim {

/// Peak of everybody's voice: ten of them at once stay below the compressor's knee.
inline constexpr float kVoiceDb = -44.0F;

struct PersonTraits {
  /// A multiple of 50, so that every frame of 20 ms is the same.
  double tone_hz = 400;
  /// How fast their sound card is, beside nominal.
  int drift_ppm = 0;
  /// In a pause: a packet of one byte each 400 ms instead of silence.
  bool uses_dtx = true;
};

/// Someone with a browser: ICE, DTLS, SRTP and a microphone that says a tone. Sans-IO; what is to
/// be sent goes out by `send`, whose bytes are valid during the call. Their own sound card is their
/// clock: a frame each 20 ms of it, whatever the mixer thinks.
class Person {
 public:
  using Send = std::function<void(base::ByteSpan)>;
  /// `random` and `certificate` outlive it.
  Person(const PersonTraits& traits, base::Random& random, const rtc::DtlsCertificate& certificate,
         Send send);
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  /// Loads the page anew, without a word to the server about the client before; returns the offer.
  std::string open_page();
  void accept_answer(base::Instant now, std::string_view sdp);
  /// On a stage elsewhere, which is at `at` and answers the mixer's offer; `server` is the mixer.
  std::string answer(base::Instant now, std::string_view offer, const net::Endpoint& at,
                     const net::Endpoint& server);
  /// The page is gone: nothing is sent any more.
  void close_page();
  /// DTLS close_notify, as when the person clicks "Leave".
  void hang_up(base::Instant now);
  /// The page goes on sending media on a session that the server has closed.
  void ignore_closing() { ignores_closing_ = true; }

  [[nodiscard]] std::string make_restart_fragment();
  void accept_restart(base::Instant now, std::string_view fragment);

  void handle_datagram(base::Instant now, base::Instant sent_at, std::span<std::byte> bytes);
  /// Sends what is due now.
  void advance(base::Instant now);
  [[nodiscard]] base::Instant next_event() const;

  void talk(bool talks) { wants_to_talk_ = talks; }
  void say(double tone_hz);
  /// The sound card jumps: forward there is a hole in what it gives, backward it hurries to catch
  /// up.
  void step_clock(base::Duration by) { next_frame_at_ = next_frame_at_ + by; }
  void listen(base::Instant now);
  [[nodiscard]] std::optional<Heard> take_heard();

  [[nodiscard]] bool is_page_open() const { return transport_ != nullptr; }
  [[nodiscard]] bool is_connected() const { return media_ != nullptr && !was_closed_; }
  /// By the server, or since it could not be reached.
  [[nodiscard]] bool was_closed() const { return was_closed_; }
  [[nodiscard]] base::Instant connected_at() const { return connected_at_; }
  /// Whether what they send has sound in it, and since when.
  [[nodiscard]] bool is_speaking() const { return is_speaking_; }
  [[nodiscard]] base::Instant speaking_changed_at() const { return speaking_changed_at_; }
  [[nodiscard]] std::uint64_t packets_heard() const { return ear_ ? ear_->packets() : 0; }

 private:
  static constexpr std::size_t kFrameSamples = 960;
  using Frame = std::array<float, kFrameSamples>;

  void begin_transport(base::Instant now, const rtc::TransportConfig& config);
  void drain(base::Instant now);
  void begin_media(base::Instant now, const rtc::Connected& connected);
  void send_frame(base::Instant now);
  void send_media(base::Instant now, base::ByteSpan payload, int samples);
  const Frame& next_frame(base::Instant now);
  [[nodiscard]] base::Duration frame_length() const;

  PersonTraits traits_;
  base::Random& random_;
  const rtc::DtlsCertificate& certificate_;
  Send send_;
  codec::OpusEncoder encoder_;
  Frame steady_{}, rising_{}, falling_{};

  rtc::IceCredentials ice_;
  std::optional<rtc::IceCredentials> next_ice_;
  rtc::LocalDescription local_;
  net::Endpoint server_;
  std::uint32_t remote_ssrc_ = 0;
  int payload_type_ = 111;
  std::unique_ptr<rtc::Transport> transport_;
  base::Instant transport_timeout_ = base::Instant::never();
  std::unique_ptr<rtc::MediaSession> media_;
  std::optional<Ear> ear_;
  bool was_closed_ = false;
  bool ignores_closing_ = false;
  base::Instant connected_at_;

  base::Instant next_frame_at_ = base::Instant::never();
  bool wants_to_talk_ = true;
  bool is_speaking_ = false;
  base::Instant speaking_changed_at_;
};

}  // namespace shelcaster::sim
