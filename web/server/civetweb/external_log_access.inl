/* CivetWeb's extension point for the access log (MG_EXTERNAL_FUNCTION_log_access), included where
 * struct mg_connection and the static I/O functions are visible. It holds everything of ours that must
 * see a connection's fields; the rest of the glue is ordinary C in web/server. */

static void log_access(const struct mg_connection *conn)
{
    gv_glue_request_done(conn);
}

int gv_glue_read(struct mg_connection *conn, void *out, size_t cap, uint32_t timeout_ms)
{
    int64_t left = conn->content_len - conn->consumed_content;
    int64_t buffered = (int64_t)conn->data_len - conn->request_len - conn->consumed_content;
    int n;

    if (left <= 0) {
        return -1;
    }
    if ((int64_t)cap > left) {
        cap = (size_t)left;
    }
    if (buffered > 0) {
        n = (int)(((int64_t)cap < buffered) ? (int64_t)cap : buffered);
        memcpy(out, conn->buf + conn->request_len + conn->consumed_content, (size_t)n);
    } else {
        n = pull_inner(NULL, conn, (char *)out, (int)cap, timeout_ms / 1000.0);
        if (n < 0) {
            return (n == -1) ? 0 : -1;
        }
    }
    conn->consumed_content += n;
    return n;
}

int gv_glue_write(struct mg_connection *conn, const void *p, size_t n, uint32_t timeout_ms)
{
    int sent;

    conn->request_state = 10;
    sent = push_inner(conn->phys_ctx, NULL, conn->client.sock, conn->ssl, (const char *)p, (int)n,
                      timeout_ms / 1000.0);
    if (sent > 0) {
        conn->num_bytes_sent += sent;
        return sent;
    }
    return (sent == -2) ? -1 : 0;
}

uint64_t gv_glue_body_outstanding(const struct mg_connection *conn)
{
    int64_t in_buffer = (int64_t)conn->data_len - conn->request_len;
    int64_t have = (conn->consumed_content > in_buffer) ? conn->consumed_content : in_buffer;

    if (conn->is_chunked) {
        return UINT64_MAX; /* unknown: such requests are refused */
    }
    return (conn->content_len > have) ? (uint64_t)(conn->content_len - have) : 0;
}

bool gv_glue_keep_alive(const struct mg_connection *conn)
{
    return should_keep_alive(conn) && (conn->protocol_type == PROTOCOL_TYPE_HTTP1);
}

int gv_glue_descriptor(const struct mg_connection *conn)
{
    return conn->client.sock;
}

bool gv_glue_head_overflow(const struct mg_connection *conn)
{
    return (conn->request_len <= 0) && (conn->data_len >= conn->buf_size);
}

bool gv_glue_pipelined(const struct mg_connection *conn)
{
    return conn->data_len > conn->request_len + conn->content_len;
}

void gv_glue_drain(struct mg_connection *conn, size_t bytes_max, uint32_t timeout_ms)
{
    char scrap[2048];
    struct timespec start, now;
    struct mg_pollfd pfd[1];
    ssize_t n;
    int left_ms = (int)timeout_ms;

    clock_gettime(CLOCK_MONOTONIC, &start);
    if (conn->ssl != NULL) {
        (void)mbedtls_ssl_close_notify(conn->ssl);
    }
    shutdown(conn->client.sock, SHUTDOWN_WR);
    while ((left_ms > 0) && (bytes_max > 0)) {
        pfd[0].fd = conn->client.sock;
        pfd[0].events = POLLIN;
        if (mg_poll(pfd, 1, left_ms, &(conn->phys_ctx->stop_flag)) <= 0) {
            return;
        }
        n = recv(conn->client.sock, scrap, sizeof(scrap), 0);
        if (n <= 0) {
            return;
        }
        bytes_max -= ((size_t)n < bytes_max) ? (size_t)n : bytes_max;
        clock_gettime(CLOCK_MONOTONIC, &now);
        left_ms = (int)timeout_ms - (int)(mg_difftimespec(&now, &start) * 1000.0);
    }
}

bool gv_glue_websocket_accept(struct mg_connection *conn, const char *key, const char *protocol)
{
    conn->request_info.acceptedWebSocketSubprotocol = protocol;
    return send_websocket_handshake(conn, key) != 0;
}

bool gv_glue_detach(struct mg_connection *conn, struct gv_glue_detached *out)
{
    if (conn->client.sock == INVALID_SOCKET) {
        return false;
    }
    if ((conn->ssl != NULL) && gv_tls_output_pending(conn->ssl)) {
        /* A record is half sent: whatever we wrote next would be lost. */
        return false;
    }
    out->descriptor = conn->client.sock;
    out->ssl = conn->ssl;
    out->early = (const uint8_t *)conn->buf + conn->request_len;
    out->early_n = (size_t)(conn->data_len - conn->request_len);

    /* close_connection() now finds nothing to close. */
    conn->client.sock = INVALID_SOCKET;
    conn->ssl = NULL;
    conn->must_close = 1;
    return true;
}
