// The job as one would write it today in Go: net/http on both sides, with kept connections, behind nginx.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const maxBody = 16 << 10

type backend struct {
	client    *http.Client
	key       string
	secret    []byte
	endpoints map[string]endpoint
}

type endpoint struct{ url, requiredKey string }

func (b *backend) sign(timestamp string, body []byte) string {
	payload := append([]byte(timestamp+"."+b.key+"."), body...)
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte(base64.RawURLEncoding.EncodeToString(payload)))
	return hex.EncodeToString(mac.Sum(nil))
}

func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"data": nil, "error": map[string]any{"code": status, "reason": reason}})
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint, ok := b.endpoints[r.URL.Path]
	if !ok || r.Method != http.MethodPost {
		refuse(w, http.StatusNotFound, "not_found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var payload map[string]any
	if err != nil || json.Unmarshal(body, &payload) != nil {
		refuse(w, http.StatusBadRequest, "invalid_payload")
		return
	}
	if _, ok := payload[endpoint.requiredKey]; !ok {
		refuse(w, http.StatusBadRequest, "missing_key")
		return
	}

	call, err := http.NewRequestWithContext(r.Context(), http.MethodPost, endpoint.url, bytes.NewReader(body))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internal_error")
		return
	}
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	call.Header.Set("Content-Type", "application/json")
	call.Header.Set("X-Tiniapp-Client-Id", b.key)
	call.Header.Set("X-Tiniapp-Timestamp", timestamp)
	call.Header.Set("X-Tiniapp-Signature", b.sign(timestamp, body))
	answer, err := b.client.Do(call)
	if err != nil {
		refuse(w, http.StatusBadGateway, "upstream_unreachable")
		return
	}
	defer answer.Body.Close()
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}

func main() {
	transport := &http.Transport{MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096, IdleConnTimeout: time.Minute}
	if file := os.Getenv("UPSTREAM_CA_FILE"); file != "" {
		pem, err := os.ReadFile(file)
		roots := x509.NewCertPool()
		if err != nil || !roots.AppendCertsFromPEM(pem) {
			log.Fatal("no certificates in ", file)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	exchange := os.Getenv("AUTH_ENDPOINT")
	base := strings.TrimSuffix(exchange, "/auth/token")
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), &backend{
		client: &http.Client{Transport: transport, Timeout: 10 * time.Second},
		key:    os.Getenv("CLIENT_KEY"),
		secret: []byte(os.Getenv("CLIENT_SECRET")),
		endpoints: map[string]endpoint{
			"/auth_exchange": {exchange, "code"},
			"/auth_refresh":  {exchange + "/refresh", "refresh_token"},
			"/auth_info":     {base + "/me", "access_token"},
		},
	}))
}
