import uuid

from sqlalchemy import (Boolean, Column, DateTime, ForeignKey, Integer, String, create_engine, func)
from sqlalchemy.dialects.postgresql import ARRAY, INET, UUID
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

Base = declarative_base()


def key():
    return Column(UUID(as_uuid=False), primary_key=True, default=lambda: str(uuid.uuid4()))


class User(Base):
    __tablename__ = "users"
    id = key()
    email = Column(String, nullable=False, unique=True)
    username = Column(String, nullable=False, unique=True)
    password_hash = Column(String, nullable=False)
    active = Column(Boolean, nullable=False, default=True)
    roles = Column(ARRAY(String), nullable=False, default=list)


class Session(Base):
    __tablename__ = "sessions"
    id = key()
    user_id = Column(UUID(as_uuid=False), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    gen = Column(Integer, nullable=False, default=1)
    user_agent = Column(String, nullable=False)
    ip = Column(INET, nullable=False)
    created_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    last_used_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    ended_at = Column(DateTime(timezone=True))


class LoginHistory(Base):
    __tablename__ = "login_history"
    id = key()
    user_id = Column(UUID(as_uuid=False), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    created_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    user_agent = Column(String, nullable=False)
    ip = Column(INET, nullable=False)
    success = Column(Boolean, nullable=False)


def sessions(url):
    engine = create_engine(url, pool_size=8)
    Base.metadata.create_all(engine)
    engine.dispose()  # gunicorn forks after this
    return scoped_session(sessionmaker(engine, expire_on_commit=False))
