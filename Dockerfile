FROM node:24-bookworm-slim AS build
WORKDIR /app
# better-sqlite3 is compiled where there is no ready-made binary for the platform.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY web ./web
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    DATA_DIR=/app/data \
    SESSIONS_DIR=/app/sessions
WORKDIR /app
# A volume takes its owner from the directory that it is first mounted over.
RUN mkdir data sessions && chown node:node data sessions && chmod 700 data sessions
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY drizzle ./drizzle
USER node
VOLUME ["/app/data", "/app/sessions"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell or npm in between, the service itself gets the signal to stop. A small young
# generation is a quarter of the memory less, at the same speed; without a bound on how the old one
# grows, runs that download would take 100 MiB more than the idle service, instead of 50.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=100", "dist/src/main.js"]
