"""What open pages cost. Asks a running watch as that many browsers do (a beat every two seconds, the page again
every fifteen, unchanged ones by ETag) and says what share of a core the watch used meanwhile.

usage: sessions.py URL TOKEN PID [SESSIONS [SECONDS]]
"""
import http.client
import os
import sys
import threading
import time
import urllib.parse


def session(host, token, number, until, failures):
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    connection, etag = http.client.HTTPConnection(host, timeout=5), ""
    time.sleep(number % 200 / 100)
    beats = 0
    while time.time() < until:
        try:
            path = "/problems" if beats % 8 == 0 else "/pulse"
            more = {"If-None-Match": etag} if path == "/problems" else {}
            connection.request("GET", path, headers={**headers, **more})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 304):
                failures.append(answer.status)
            etag = answer.getheader("ETag", etag)
        except OSError as error:
            failures.append(error)
            connection = http.client.HTTPConnection(host, timeout=5)
        beats += 1
        time.sleep(2)


def used(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    url, token, pid = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    seconds = int(sys.argv[5]) if len(sys.argv) > 5 else 60
    host = urllib.parse.urlparse(url).netloc
    before, idle = used(pid), 10
    time.sleep(idle)
    alone = (used(pid) - before) / idle
    failures, until = [], time.time() + seconds
    threads = [threading.Thread(target=session, args=(host, token, n, until, failures)) for n in range(count)]
    began, start = used(pid), time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    share = (used(pid) - began) / (time.time() - start)
    print(f"{count} sessions: {share * 100:.1f} % of a core, {alone * 100:.1f} % without them, {len(failures)} failures")


main()
